use jiff::tz::TimeZone;
use vedetta::serve::{Settings, Zone};

use super::Browser;
use crate::world::World;

#[tokio::test]
async fn pages_show_instants_on_the_clock_of_the_settings() {
    let tokyo = Zone::of(TimeZone::get("Asia/Tokyo").unwrap());
    for (settings, shown) in [
        (Settings::default(), "20/11/2026, 09:00"),
        (Settings { zone: tokyo, ..Settings::default() }, "20/11/2026, 17:00"),
    ] {
        let world = World::serving(settings).await;
        world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
        world.night().await;
        let browser = Browser::with_key(&world, &world.key).await;
        assert!(browser.read("/nights").await.contains(shown), "{shown}");
    }
}
