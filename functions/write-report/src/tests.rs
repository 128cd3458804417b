use failback_core::cloud::{Cloud, Job, JobKind, JobServer, JobStatus, LaunchStatus, Tags};
use failback_core::fleet::{Redirected, Times};
use failback_core::id::SourceServerId;
use failback_core::moment::Moment;
use failback_core::report::{Failure, Loss, Outcome, Report};
use failback_stage::{Pending, Seen, Stage};
use serde_json::{Value, json};

fn step(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Pending<'_> {
    Box::pin(crate::handle(cloud, payload, deadline))
}

fn failure() -> Failure {
    let of = |text: &str| text.to_owned();
    Failure { step: of("Redirect Traffic"), error: of("Failback.Guard"), cause: of("S5 says no") }
}

/// The report of a run that ended well, or with a failure, before or in its clean-up.
fn report(stage: &Stage, failure: Option<&Failure>, cleaning: bool) -> Report {
    serde_json::from_value(value(stage, failure, cleaning)).expect("a report")
}

fn value(stage: &Stage, failure: Option<&Failure>, cleaning: bool) -> Value {
    let payload = json!({ "run": stage.run, "fleet": stage.fleet, "failure": failure, "cleaning": cleaning });
    let before = stage.writes();
    let answer =
        stage.answer(payload, stage.now().plus_seconds(60), step).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stage.writes(), before, "a report changes nothing");
    answer
}

fn left(stage: &Stage) -> Vec<String> {
    report(stage, None, false).servers.into_iter().map(|server| server.left).collect()
}

#[test]
fn what_is_left_is_read_from_the_world() {
    let both = |labels: &str| vec![labels.to_owned(); 2];
    assert_eq!(left(&Stage::failback(|_| ())), both("A1 B1 B2 B3"));
    assert_eq!(left(&Stage::failback(|_| ()).reversed()), both("A1 A2 B1 B2 B3"));
    let protected = Stage::failback(|_| ()).protected();
    assert_eq!(left(&protected), both("A1 A2 A3 A4 B1 B2 B3"));
    let stage = protected.stopped().without_b2();
    assert_eq!(left(&stage), both("A1 A2 A3 A4 B1"));
    let stage = stage.without_a3();
    assert_eq!(left(&stage), both("A1 A2 A4 B1"));
    assert_eq!(stage.left(), both("A1 A2 A4 B1"), "as the world itself says");
    let all: Vec<_> = (0..2).map(|server| stage.a1(server)).collect();
    stage.simulation.world().terminate_instances(stage.home(), &all).unwrap();
    stage.pass(300);
    assert_eq!(left(&stage), both("A2 A4 B1"));
}

#[test]
fn an_a1_that_is_a4_is_told_once_and_a_server_that_is_home_is_not_looked_at() {
    let mut stage = Stage::failback(|_| ()).protected();
    stage.fleet.members[0].a1 = stage.fleet.members[0].a4();
    stage.fleet.members[1].home = true;
    assert_eq!(left(&stage), ["A2 A3 A4 B1 B2 B3", "B1"]);
}

#[test]
fn a_run_without_failure_has_succeeded() {
    for cleaning in [true, false] {
        let stage = Stage::failback(|_| ()).protected();
        let told = report(&stage, None, cleaning);
        assert_eq!(told.outcome, Outcome::Succeeded);
        assert_eq!(told.summary, "failback of 2 servers (stage) succeeded");
        assert_eq!(told.next, "Production runs in the source Region and is protected by B1.");
        assert_eq!(told.failure, None);
        assert!(told.servers.iter().all(|server| server.outcome == "failedBack"));
    }
    let drill = report(&Stage::drill(|_| ()), None, true);
    assert_eq!((drill.outcome, drill.next.as_str()), (Outcome::Succeeded, "Nothing is left to do."));
    assert_eq!(drill.summary, "drill of 2 servers (stage) succeeded");
    assert!(drill.servers.iter().all(|server| server.outcome == "drilled"));
}

#[test]
fn a_failback_that_failed_before_its_clean_up_is_held() {
    let told = report(&Stage::failback(|_| ()).launched(), Some(&failure()), false);
    assert_eq!(told.outcome, Outcome::Held);
    assert_eq!(
        told.summary,
        "failback of 2 servers (stage) held: Redirect Traffic: Failback.Guard: S5 says no"
    );
    assert!(
        told.next.starts_with("Nothing was deleted and production is served where it was."),
        "{}",
        told.next
    );
    assert!(told.servers.iter().all(|server| server.outcome == "held"));
}

#[test]
fn a_failure_in_the_clean_up_and_every_failure_of_a_drill_is_one() {
    let told = report(&Stage::failback(|_| ()).protected(), Some(&failure()), true);
    assert_eq!(told.outcome, Outcome::Failed);
    assert!(told.next.contains("The clean-up is not complete"), "{}", told.next);
    assert!(told.servers.iter().all(|server| server.outcome == "failed"));
    for cleaning in [true, false] {
        let told = report(&Stage::drill(|_| ()), Some(&failure()), cleaning);
        assert_eq!(told.outcome, Outcome::Failed);
        assert!(told.next.starts_with("Production was not touched."), "{}", told.next);
        assert!(told.servers.iter().all(|server| server.outcome == "failed"));
    }
}

#[test]
fn a_server_is_told_by_how_far_it_came() {
    let mut stage = Stage::failback(|_| ()).protected();
    stage.fleet.members[0].times.protected = Some(60);
    let of = |told: Report| told.servers.into_iter().map(|server| server.outcome).collect::<Vec<_>>();
    assert_eq!(of(report(&stage, Some(&failure()), false)), ["failedBack", "held"]);
    stage.fleet.members[1].home = true;
    assert_eq!(of(report(&stage, Some(&failure()), true)), ["failedBack", "home"]);
    let mut drill = Stage::drill(|_| ());
    drill.fleet.members[0].times.validated = Some(60);
    assert_eq!(of(report(&drill, Some(&failure()), true)), ["drilled", "failed"]);
    // A time of the other procedure says nothing.
    drill.fleet.members[1].times.protected = Some(60);
    assert_eq!(of(report(&drill, Some(&failure()), true)), ["drilled", "failed"]);
}

#[test]
fn a_failure_is_told_plainly() {
    let cause = r#"{"errorType":"Failback.Guard","errorMessage":"S5 says no"}"#.to_owned();
    let told = report(&Stage::drill(|_| ()), Some(&Failure { cause, ..failure() }), false);
    assert_eq!(told.failure.unwrap().cause, "S5 says no");
}

#[test]
fn a_report_says_who_what_and_when() {
    let mut stage = Stage::failback(|_| ()).launched();
    stage.run.plan.started_by = Some("arn:aws:iam::111122223333:user/mary".to_owned());
    let told = report(&stage, None, false);
    assert_eq!(told.started_by, stage.run.plan.started_by);
    assert_eq!((told.plan.as_str(), told.execution.as_str()), ("stage", stage.run.id.as_str()));
    assert_eq!(told.started, stage.run.started);
    assert!(
        told.ended.millis() <= stage.now().millis() && told.ended.millis() > stage.now().millis() - 60_000
    );
    assert_eq!(told.waves, stage.run.plan.wave_names());
    for (server, member) in told.servers.iter().zip(&stage.fleet.members) {
        assert_eq!((&server.a1, &server.a2, &server.a3), (&member.a1, &member.a2, &member.a3));
        assert_eq!((&server.b1, &server.b2, &server.name), (&member.b1, &member.b2, &member.name));
        assert_eq!(server.wave, member.wave);
    }
}

/// Traffic was asked to move after an hour, and had moved a minute later.
fn redirected(stage: &mut Stage) -> (Moment, Moment) {
    let asked = stage.run.started.plus_seconds(3_600);
    let in_sync = asked.plus_seconds(60);
    stage.fleet.redirected = Some(Redirected { asked: Some(asked), in_sync: Some(in_sync) });
    (asked, in_sync)
}

#[test]
fn the_time_of_a_failback_ends_when_traffic_has_moved() {
    let mut stage = Stage::failback(|_| ()).launched();
    assert_eq!(report(&stage, None, false).rto_seconds, None);
    redirected(&mut stage);
    assert_eq!(report(&stage, None, false).rto_seconds, Some(3_660));
}

#[test]
fn the_time_of_a_drill_ends_when_the_last_server_works() {
    let mut stage = Stage::drill(|_| ());
    stage.fleet.members[0].times.validated = Some(90);
    assert_eq!(report(&stage, None, false).rto_seconds, None);
    stage.fleet.members[1].times.validated = Some(60);
    assert_eq!(report(&stage, None, false).rto_seconds, Some(90));
    stage.fleet.members[0].home = true;
    assert_eq!(report(&stage, None, false).rto_seconds, Some(60));
}

#[test]
fn what_may_be_lost_was_written_between_the_oldest_point_in_time_and_the_redirect() {
    let mut stage = Stage::failback(|_| ()).launched();
    stage.fleet.members[0].times.point_in_time = Some(120);
    stage.fleet.members[1].times.point_in_time = Some(100);
    assert_eq!(report(&stage, None, false).loss, None);
    let (asked, in_sync) = redirected(&mut stage);
    let from = stage.run.started.plus_seconds(100);
    let loss = Loss { from, until: Some(asked), until_at_most: in_sync };
    assert_eq!(report(&stage, None, false).loss, Some(loss));
    let mut drill = Stage::drill(|_| ());
    drill.fleet.members[0].times.point_in_time = Some(120);
    redirected(&mut drill);
    assert_eq!(report(&drill, None, false).loss, None);
}

/// A job is at work in a Region on a server.
fn at_work(stage: &mut Stage, home: bool, server: SourceServerId, status: JobStatus) -> Vec<String> {
    let busy = if home { stage.home() } else { stage.away() };
    stage.see(move |seen| {
        if let Seen::Jobs(region, jobs) = seen
            && region == busy
        {
            let launch = LaunchStatus::Pending;
            let part = JobServer { server: server.clone(), recovery_instance: None, launch, actions: None };
            let (kind, tags) = (JobKind::Launch, Tags::new());
            let id = "drsjob-0123456789abcdef0".parse().unwrap();
            jobs.push(Job { id, kind, status, created: None, tags, servers: vec![part] });
        }
    });
    report(stage, Some(&failure()), false).jobs.iter().map(ToString::to_string).collect()
}

#[test]
fn jobs_that_are_at_work_on_the_fleet_are_told() {
    let mut stage = Stage::failback(|_| ()).reversed();
    let (a2, b1) = (stage.a2(0), stage.b1(1));
    let told = ["drsjob-0123456789abcdef0"];
    assert_eq!(at_work(&mut stage, true, a2.clone(), JobStatus::Started), told);
    assert_eq!(at_work(&mut stage, false, b1.clone(), JobStatus::Pending), told);
    assert!(at_work(&mut stage, true, a2.clone(), JobStatus::Completed).is_empty());
    let other = "s-00000000000000001".parse().unwrap();
    assert!(at_work(&mut stage, true, other, JobStatus::Started).is_empty());
    stage.fleet.members[0].home = true;
    assert!(at_work(&mut stage, true, a2, JobStatus::Started).is_empty());
}

/// The report of one server that is home, with a name of so many letters, and its bytes.
fn named(letters: usize) -> (Report, usize) {
    let mut stage = Stage::failback(|_| ());
    stage.fleet.members.truncate(1);
    let server = &mut stage.fleet.members[0];
    server.home = true;
    server.times = Times { ready: Some(2), ..Times::default() };
    server.name = "n".repeat(letters);
    let value = value(&stage, None, false);
    let bytes = serde_json::to_string(&value).unwrap().len();
    (serde_json::from_value(value).unwrap(), bytes)
}

#[test]
fn a_report_that_is_too_large_leaves_out_timings_first_and_then_names() {
    let limit = super::BYTES_MAX;
    let fits = limit - named(0).1;
    let (whole, bytes) = named(fits);
    assert_eq!((bytes, whole.servers[0].times.ready, whole.servers[0].name.len()), (limit, Some(2), fits));
    let (over, bytes) = named(fits + 1);
    assert!(bytes < limit, "{bytes}: timings are left out");
    assert_eq!((over.servers[0].times, over.servers[0].name.len()), (Times::default(), fits + 1));
    let timings = limit + 1 - bytes;
    let (over, bytes) = named(fits + timings);
    assert_eq!((bytes, over.servers[0].name.len()), (limit, fits + timings));
    let (far, bytes) = named(fits + timings + 1);
    assert!(bytes < 2_000 && far.servers[0].name.is_empty(), "{bytes}: names too");
    assert_eq!(far.servers.len(), 1);
}
