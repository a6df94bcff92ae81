//! Who is to be told, what was sent to whom, and what waits to be told together.
//!
//! A delivery is one event on its way to one subscriber. One that waits (`wait` says why) is not sent by itself: when its
//! time comes, all that wait for the same subscriber are gathered into a digest, which is a delivery of its own with its
//! own attempts; those in it share its fate.

mod delivery;
mod fan_out;
mod gathering;
mod subscription;

use super::Store;

pub use delivery::{Attempt, Delivery, DeliveryKind, DeliveryState, Wait};
pub use fan_out::{NewDelivery, Storm};
pub use subscription::Subscription;

/// Subscriptions, and what was sent to whom.
#[derive(Debug)]
pub struct Deliveries<'a>(pub(super) &'a Store);
