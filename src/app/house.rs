//! What a working process does: some of it beside others, some of it as the only one on its store.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::{Duties, duties, fleet::Fleet, gathering::Gathering, nights::Nights, supervise::Supervisor, tenure};
use crate::{
    alert::Alerts,
    collect::Collector,
    desk::{Desk, NightOrder},
    publish::Relay,
    store::Seal,
};

/// What is done once, by one process on the store at a time.
pub(super) struct House {
    pub(super) desk: Desk,
    pub(super) collector: Arc<Collector>,
    pub(super) alerts: Alerts,
    pub(super) fleet: Option<Fleet>,
    pub(super) nights: Arc<Mutex<mpsc::Receiver<NightOrder>>>,
    pub(super) night_at: jiff::civil::Time,
    pub(super) duties: Duties,
    pub(super) seal: Arc<Seal>,
}

impl House {
    /// Does what a process that works does: its share of the publishing and of the nights' pages, and, when it is the one, what
    /// is done once.
    pub(super) async fn take_up(self, relay: Option<Relay>, supervisor: &Supervisor) {
        if let Some(relay) = relay {
            supervisor.keep("publish", move |stop| {
                let relay = relay.clone();
                async move {
                    relay.run(stop).await;
                    Ok(())
                }
            });
        }
        if let Some(fleet) = self.fleet.clone() {
            supervisor.keep("work", move |stop| fleet.clone().work(stop));
        }
        if let Some(gathering) = self.gathering().filter(|_| self.duties != Duties::ButTheCalendar) {
            supervisor.keep("gather", move |stop| gathering.clone().gather(stop));
        }
        let store = self.desk.store.clone();
        // The demo is alone on its store, whatever that is.
        if store.is_shared() && self.duties != Duties::ButTheCalendar {
            let house: Arc<dyn Fn(&Supervisor) + Send + Sync> = Arc::new(move |supervisor| self.keep(supervisor));
            supervisor.keep("tenure", move |stop| tenure::serve(store.clone(), Arc::clone(&house), stop));
        } else {
            duties::finish_erasures(&store).await;
            self.keep(supervisor);
        }
    }

    /// Its share of the collecting, in a fleet.
    fn gathering(&self) -> Option<Gathering> {
        let fleet = self.fleet.as_ref()?;
        let (collector, store) = (Arc::clone(&self.collector), self.desk.store.clone());
        Some(Gathering {
            collector,
            store,
            clock: self.desk.clock.clone(),
            url: fleet.url.clone(),
            name: fleet.name.clone(),
        })
    }

    /// Starts everything, watched by a supervisor.
    fn keep(&self, supervisor: &Supervisor) {
        let Self { desk, collector, alerts, fleet, nights, night_at, duties, seal } = self;
        let (rescorer, clock) = (&desk.rescorer, &desk.clock);
        let (live, now, touched) = (rescorer.clone(), clock.clone(), Arc::clone(&desk.touched));
        supervisor
            .keep("rescore", move |stop| duties::rescore_live(live.clone(), now.clone(), Arc::clone(&touched), stop));
        let alerts = alerts.clone();
        supervisor.keep("alert", move |stop| {
            let alerts = alerts.clone();
            async move {
                alerts.run(stop).await;
                Ok(())
            }
        });
        let keeps_the_calendar = *duties != Duties::ButTheCalendar;
        let nights = Nights {
            rescorer: rescorer.clone(),
            clock: clock.clone(),
            at: keeps_the_calendar.then_some(*night_at),
            ordered: Arc::clone(nights),
            fleet: fleet.clone(),
        };
        supervisor.keep("night", move |stop| nights.clone().hold(stop));
        let (audited, now, seal) = (desk.store.clone(), clock.clone(), Arc::clone(seal));
        supervisor.keep("audit", move |stop| duties::seal(audited.clone(), now.clone(), Arc::clone(&seal), stop));
        if keeps_the_calendar {
            let (watching, now, collector) = (rescorer.clone(), clock.clone(), Arc::clone(collector));
            supervisor.keep("watch", move |stop| duties::watch(watching.clone(), now.clone(), stop));
            match self.gathering() {
                Some(gathering) => supervisor.keep("collect", move |stop| gathering.clone().hand_out(stop)),
                None => supervisor.keep("collect", move |stop| duties::collect(Arc::clone(&collector), stop)),
            }
        }
    }
}
