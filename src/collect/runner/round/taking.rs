//! What becomes of an answer: archived, read, doubted, settled, or asked for again.

use std::sync::Arc;

use jiff::Timestamp;

use super::{NOT_NOW_PAUSES, Question, Round, Step};
use crate::{
    collect::{
        Answer, Method, Misread, Taking,
        doubt::Glance,
        fetch::{BulkFile, shown},
        reading::{Listed, Reading, archive_and_read},
        settle::Settled,
    },
    store::{AskedAgain, Found, Validator},
};

impl Round<'_> {
    /// Archives an answer, reads it, and puts what it said where it belongs.
    pub(super) async fn take(
        &mut self,
        question: Question,
        answer: Answer,
        validator: Validator,
        found: Found,
    ) -> Step {
        let (status, url, seen_at) = (answer.status, answer.request.url.to_string(), answer.seen_at);
        let (archive, reader) = (self.collector.store.archive().clone(), Arc::clone(&self.reader));
        let glance = Glance::of(&answer);
        self.doubts.note(&glance);
        let reading = match archive_and_read(archive, reader, self.settings, Arc::clone(&self.book), answer).await {
            Ok(reading) => reading,
            Err(misread) => {
                let misread = glance.wall().map_or(misread, Misread::Quarantined);
                return self.misread(question, misread, status);
            }
        };
        match self.doubts.judge(&glance, reading.settled.len(), reading.leftovers.len()).await {
            Ok(None) => {}
            Ok(Some(why)) => return self.misread(question, Misread::Quarantined(why), status),
            Err(error) => return self.store_failed(&error),
        }
        self.outcome.n_answered += 1;
        // The pages behind this one are not covered by its validators; a 404 is worth asking again; and a stream says
        // nothing of which it could say that it has not changed.
        let is_page = question.request.method == Method::Get && question.request.taking == Taking::Whole;
        if reading.next.is_empty() && status == 200 && is_page {
            let whom = question.request.whom.clone();
            self.validators.push(AskedAgain { url, whom, validator });
        }
        self.keep(reading, &question, Some((seen_at, found))).await
    }

    /// Reads a file piece by piece. It has been answered, and need not be asked for again, once its last piece is read.
    pub(super) async fn take_file(
        &mut self,
        question: Question,
        file: BulkFile,
        validator: Validator,
        found: Found,
    ) -> Step {
        let mut pieces = file.pieces();
        let mut is_whole = false;
        while let Some(piece) = pieces.recv().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(why) => {
                    self.outcome.report.fail(1, format!("{}: {why}", shown(&question.request.url)));
                    return Step::Next;
                }
            };
            is_whole = piece.part.is_last;
            let (archive, reader) = (self.collector.store.archive().clone(), Arc::clone(&self.reader));
            match archive_and_read(archive, reader, self.settings, Arc::clone(&self.book), piece).await {
                Ok(reading) => {
                    if matches!(self.keep(reading, &question, None).await, Step::Stop) {
                        return Step::Stop;
                    }
                }
                // What is wrong with one piece is wrong with the next, and a file is not asked for twice in a run.
                Err(misread) => return self.misread(Question { n_not_now: usize::MAX, ..question }, misread, 200),
            }
        }
        if is_whole {
            self.outcome.n_answered += 1;
            self.look(&question.request, self.collector.clock.now(), found);
            let (url, whom) = (question.request.url.to_string(), question.request.whom.clone());
            self.validators.push(AskedAgain { url, whom, validator });
        } else {
            self.outcome.report.fail(1, format!("{}: it could not be read to its end", shown(&question.request.url)));
        }
        Step::Next
    }

    /// Puts what was read where it belongs. `looked`: when, and what was found, to be noted for whom was asked about once
    /// nothing more of the answer is to come.
    async fn keep(&mut self, mut reading: Reading, question: &Question, looked: Option<(Timestamp, Found)>) -> Step {
        self.outcome.report.leave_over(&reading.leftovers);
        if reading.cursor.is_some() {
            self.outcome.cursor = reading.cursor;
        }
        for next in reading.next.iter_mut().filter(|next| next.whom.is_empty()) {
            next.whom.clone_from(&question.request.whom);
        }
        // Whoever is on a page that leads on is looked at when the last of its pages is read.
        let leads_on = self.enqueue(reading.next, question.depth + 1) > 0;
        if let Some((at, found)) = looked.filter(|_| !leads_on) {
            self.look(&question.request, at, found);
        }
        for settled in reading.settled {
            self.outcome.report.mentions += 1;
            match settled {
                Settled::Signal(signal) => self.pending.push(*signal),
                Settled::Unmatched => self.outcome.report.unmatched += 1,
                Settled::Review(review, _) => {
                    self.outcome.report.reviews += 1;
                    let now = self.collector.clock.now();
                    if let Err(error) = self.collector.store.facts().put_review(&review, now).await {
                        return self.store_failed(&error);
                    }
                }
            }
        }
        for list in reading.whole {
            if let Err(error) = self.keep_listed(&list).await {
                return self.store_failed(&error);
            }
        }
        self.flush_if_full().await
    }

    /// Takes out what a list that was given whole does not hold any more.
    async fn keep_listed(&self, list: &Listed) -> Result<(), crate::store::Error> {
        let (facts, now) = (self.collector.store.facts(), self.collector.clock.now());
        for client in &list.clients {
            facts.keep_listed(*client, (self.settings.id.as_str(), list.kind), &list.own_ids, now).await?;
        }
        Ok(())
    }

    fn misread(&mut self, question: Question, misread: Misread, status: u16) -> Step {
        let why = misread.to_string();
        // A bad key or an empty account is no better for the next question.
        if matches!(status, 401 | 402) {
            self.outcome.report.fail(1, why);
            return Step::Stop;
        }
        let is_asked_again = matches!(misread, Misread::NotNow(_)) && question.n_not_now < NOT_NOW_PAUSES.len();
        if !is_asked_again {
            self.look(&question.request, self.collector.clock.now(), Found::Nothing);
        }
        match misread {
            Misread::Quarantined(_) => self.outcome.report.quarantine(why),
            Misread::Unreadable(_) | Misread::Refused(_) => self.outcome.report.fail(1, why),
            Misread::NotNow(_) => match NOT_NOW_PAUSES.get(question.n_not_now) {
                Some(pause) => {
                    let not_before = self.collector.fetcher.patience().now() + *pause;
                    let n_not_now = question.n_not_now + 1;
                    self.queue.push_back(Question { not_before, n_not_now, ..question });
                }
                None => self.outcome.report.fail(1, why),
            },
        }
        Step::Next
    }
}
