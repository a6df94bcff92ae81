//! Questions in order of what they are worth, cut to what may be asked.

use std::collections::HashMap;

use super::{QuestionWorth, Worths};
use crate::{collect::Request, domain::ClientId};

/// A question, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The question.
    pub request: Request,
    /// It has a price.
    pub is_paid: bool,
    /// What it is worth; none for a question about everybody, which comes first whatever it costs.
    pub worth: Option<QuestionWorth>,
}

/// What may be asked now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Room {
    /// So many requests; none: as many as there are.
    pub requests: Option<u64>,
    /// So many of those that have a price.
    pub paid: Option<u64>,
    /// Why not more, in a sentence.
    pub because: String,
}

/// What will be asked, in this order, and what is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Order {
    /// First to last.
    pub asked: Vec<Weighed>,
    /// In the order of what it would have been worth.
    pub left_out: Vec<Weighed>,
    /// Why something is left out; none when nothing is.
    pub because: Option<String>,
}

/// Questions about the same clients.
struct Bundle {
    /// Per request; none when about everybody.
    value: Option<f64>,
    questions: Vec<Weighed>,
}

/// Puts questions in order and cuts them. Questions of equal value stay in the order in which the source planned them.
pub fn order(requests: Vec<Request>, is_paid: impl Fn(&Request) -> bool, worths: &Worths, room: &Room) -> Order {
    let weighed = requests.into_iter().map(|request| {
        let worth = worths.of_question(&request.whom);
        Weighed { is_paid: is_paid(&request), worth, request }
    });
    let mut bundles = bundles(weighed.collect());
    bundles.sort_by(|a, b| {
        let value = |bundle: &Bundle| bundle.value.unwrap_or(f64::INFINITY);
        value(b).total_cmp(&value(a))
    });
    cut(bundles, room)
}

fn bundles(questions: Vec<Weighed>) -> Vec<Bundle> {
    let mut bundles: Vec<Bundle> = Vec::with_capacity(questions.len());
    let mut places: HashMap<Vec<ClientId>, usize> = HashMap::with_capacity(questions.len());
    for question in questions {
        let value = question.worth.map(|worth| worth.value);
        let place = match question.request.whom.as_slice() {
            [] => bundles.len(),
            whom => *places.entry(whom.to_vec()).or_insert(bundles.len()),
        };
        match bundles.get_mut(place) {
            Some(bundle) => bundle.questions.push(question),
            None => bundles.push(Bundle { value, questions: vec![question] }),
        }
    }
    // One answer about the client is worth its value; two questions to get it make each of them worth half.
    for bundle in &mut bundles {
        #[expect(clippy::cast_precision_loss, reason = "a handful of questions")]
        let n = bundle.questions.len() as f64;
        bundle.value = bundle.value.map(|value| value / n);
    }
    bundles
}

fn cut(bundles: Vec<Bundle>, room: &Room) -> Order {
    let mut order = Order::default();
    let (mut requests, mut paid) = (room.requests.unwrap_or(u64::MAX), room.paid.unwrap_or(u64::MAX));
    let mut has_asked_about_clients = false;
    for Bundle { questions, value } in bundles {
        let n_paid = questions.iter().filter(|question| question.is_paid).count() as u64;
        let fits = questions.len() as u64 <= requests && n_paid <= paid;
        // More questions about one client than the whole budget would never be asked: then as many as there is room for.
        let splits = !has_asked_about_clients;
        has_asked_about_clients |= value.is_some();
        for question in questions {
            let costs = u64::from(question.is_paid);
            if (fits || splits) && requests > 0 && costs <= paid {
                requests -= 1;
                paid -= costs;
                order.asked.push(question);
            } else {
                order.left_out.push(question);
            }
        }
    }
    order.because = (!order.left_out.is_empty()).then(|| room.because.clone());
    order
}
