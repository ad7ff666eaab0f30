//! What happens on the way to the accounts of the rough world.

use std::sync::Arc;
use std::time::Duration;

use super::super::actions::Service;
use super::super::faults::{Fault, FaultPoint, FaultRule};

/// The rough world's faults, after those of `first`.
pub(super) fn rule(first: Option<FaultRule>) -> FaultRule {
    Arc::new(move |point| first.as_ref().and_then(|rule| rule(point)).or_else(|| rough(point)))
}

fn rough(point: &FaultPoint<'_>) -> Option<Fault> {
    let iam = point.service == Service::Iam;
    let (action, nth) = (point.action, point.nth);
    match point.account.as_str() {
        // Recovers after two tries of each operation, which is what the SDK's three attempts can bear.
        "100000000031" if iam && nth < 2 => Some(Fault::Throttle),
        "100000000032" if action == "AssumeRole" && nth < 2 => Some(Fault::Throttle),
        "100000000033" if iam => Some(Fault::Throttle),
        "100000000041" if iam => Some(Fault::ExpiredToken),
        "100000000042" if iam => Some(Fault::Hang),
        "100000000043" if iam && nth == 0 => Some(Fault::Internal),
        "100000000044" if iam && nth == 0 => Some(Fault::Unavailable),
        "100000000045" if iam && action == "CreateRole" => Some(Fault::Internal),
        "100000000046" if iam && action == "PutRolePolicy" && nth == 0 => Some(Fault::ResetBefore),
        // The role is there, and nobody was told.
        "100000000047" if iam && action == "CreateRole" && nth == 0 => Some(Fault::ResetAfter),
        "100000000048" => Some(Fault::Latency(Duration::from_millis(400))),
        _ => None,
    }
}
