//! What an account costs: how many requests, and how many answers are waited for one after the other. Whoever adds one
//! changes a number here.

use std::time::Duration;

use super::converge::Goal;
use super::faults_tests::Stage;
use super::model::outcome::AccountStatus;

const ANSWER: Duration = Duration::from_millis(100);

/// The status that one account comes to, the requests that it takes, and the round trips on its critical path. Time is the
/// runtime's own: it passes only while an answer is waited for.
async fn cost(stage: &Stage, goal: Goal) -> (AccountStatus, u64, u128) {
    let (requests, began) = (stage.world.log().requests(), tokio::time::Instant::now());
    let ran = stage.run(goal).await;
    let round_trips = (began.elapsed() + ANSWER / 2).as_millis() / ANSWER.as_millis();
    (ran[0].1.status, stage.world.log().requests() - requests, round_trips)
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_right_costs_two_round_trips() {
    let stage = Stage::new(&format!("accounts=1,seed=3,latency={}ms", ANSWER.as_millis())).await;
    // AssumeRole; the five reads side by side.
    assert_eq!(cost(&stage, Goal::Verify { simulate: false }).await, (AccountStatus::Missing, 7, 3));
    // AssumeRole; the reads; the one who should get the grant; role, policy and grant, one after the other.
    assert_eq!(cost(&stage, Goal::Apply).await, (AccountStatus::Created, 10, 6));
    for goal in [Goal::Apply, Goal::Plan] {
        assert_eq!(cost(&stage, goal).await, (AccountStatus::Unchanged, 6, 2));
    }
    assert_eq!(cost(&stage, Goal::Verify { simulate: false }).await, (AccountStatus::Compliant, 6, 2));
}
