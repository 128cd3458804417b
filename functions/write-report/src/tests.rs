use failback_core::cloud::{Job, JobKind, JobServer, JobStatus, LaunchStatus, Tags};
use failback_core::fleet::{Redirected, Serving, Times};
use failback_core::id::SourceServerId;
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Loss, Milestones, Outcome, Protection, Report, ServerOutcome};
use failback_core::run::Aborted;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_testkit::{Fixture, Response, Scenario, Switches};
use serde_json::{Value, json};

use crate::WriteReport as Step;

fn failure() -> Failure {
    let of = |text: &str| text.to_owned();
    Failure { step: of("Redirect Traffic"), error: of("Failback.Guard"), cause: of("S5 says no") }
}

/// Returns the report of a run that succeeded, or failed before or in its clean-up.
fn report(fixture: &Fixture, failure: Option<&Failure>, cleaning: bool) -> Report {
    serde_json::from_value(value(fixture, failure, cleaning)).expect("a report")
}

fn value(fixture: &Fixture, failure: Option<&Failure>, cleaning: bool) -> Value {
    let payload =
        json!({ "run": fixture.run, "fleet": fixture.fleet, "failure": failure, "cleaning": cleaning });
    let before = fixture.writes();
    let answer = fixture
        .answer::<Step>(payload, fixture.now().plus_seconds(60))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fixture.writes(), before, "a report changes nothing");
    answer
}

fn left(fixture: &Fixture) -> Vec<String> {
    report(fixture, None, false).servers.into_iter().map(|server| server.left).collect()
}

#[test]
fn what_is_left_is_read_from_the_world() {
    let both = |labels: &str| vec![labels.to_owned(); 2];
    assert_eq!(left(&Fixture::failback(|_| ())), both("A1 B1 B2 B3"));
    assert_eq!(left(&Fixture::failback(|_| ()).reversed()), both("A1 A2 B1 B2 B3"));
    let protected = Fixture::failback(|_| ()).protected();
    assert_eq!(left(&protected), both("A1 A2 A3 A4 B1 B2 B3"));
    let fixture = protected.stopped().without_b2();
    assert_eq!(left(&fixture), both("A1 A2 A3 A4 B1"));
    let fixture = fixture.without_a3();
    assert_eq!(left(&fixture), both("A1 A2 A4 B1"));
    assert_eq!(fixture.left(), both("A1 A2 A4 B1"), "as the world itself says");
    let all: Vec<_> = (0..2).map(|server| fixture.a1(server)).collect();
    fixture.simulation.world().terminate_instances(fixture.source(), &all).unwrap();
    fixture.pass(300);
    assert_eq!(left(&fixture), both("A2 A4 B1"));
}

#[test]
fn an_a1_that_is_a4_is_told_once_and_a_server_that_is_home_is_not_looked_at() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.fleet.servers[0].a1 = fixture.fleet.servers[0].a4();
    fixture.fleet.servers[1].already_failed_back = true;
    assert_eq!(left(&fixture), ["A2 A3 A4 B1 B2 B3", "B1"]);
}

#[test]
fn a_run_without_failure_has_succeeded() {
    for cleaning in [true, false] {
        let fixture = Fixture::failback(|_| ()).protected();
        let told = report(&fixture, None, cleaning);
        assert_eq!(told.outcome, Outcome::Succeeded);
        assert_eq!(told.summary, "failback of 2 servers (stage) succeeded");
        assert!(told.next.contains("B1 protects A4 of web-1, all-1; the newest copy"), "{}", told.next);
        assert!(told.next.ends_with("Nothing is left to do."), "{}", told.next);
        assert_eq!(told.failure, None);
        assert!(told.servers.iter().all(|server| server.outcome == ServerOutcome::FailedBack));
    }
    let drill = report(&Fixture::drill(|_| ()), None, true);
    assert_eq!((drill.outcome, drill.next.as_str()), (Outcome::Succeeded, "Nothing is left to do."));
    assert_eq!(drill.summary, "drill of 2 servers (stage) succeeded");
    assert!(drill.servers.iter().all(|server| server.outcome == ServerOutcome::Drilled));
}

#[test]
fn a_failback_of_servers_that_are_home_had_nothing_to_do() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.fleet.servers.iter_mut().for_each(|server| server.already_failed_back = true);
    let told = report(&fixture, None, false);
    assert_eq!(told.outcome, Outcome::NothingToDo);
    assert_eq!(
        told.summary,
        "failback of 2 servers (stage): nothing to do: every server ran in us-east-1 already"
    );
    assert_eq!((told.rto_seconds, told.loss), (None, None));
}

#[test]
fn a_drill_that_removed_leftovers_is_neither_a_success_nor_a_failure() {
    let fixture = Fixture::drill(|_| ());
    let payload = |failure: Option<Failure>| json!({ "run": fixture.run, "fleet": fixture.fleet, "failure": failure, "cleaning": true, "leftover": true });
    let told = |failure| -> Report {
        let answer = fixture.answer::<Step>(payload(failure), fixture.now().plus_seconds(60)).unwrap();
        serde_json::from_value(answer).unwrap()
    };
    let cleaned = told(None);
    assert_eq!(cleaned.outcome, Outcome::CleanedUp);
    assert!(cleaned.next.ends_with("start the drill again."), "{}", cleaned.next);
    assert!(cleaned.servers.iter().all(|server| server.outcome == ServerOutcome::CleanedUp));
    assert_eq!(told(Some(failure())).outcome, Outcome::Failed, "what cannot be removed is a failure");
}

#[test]
fn a_later_execution_reports_the_whole_failback() {
    let mut fixture = Fixture::failback(|_| ());
    let (asked, in_sync) = redirected(&mut fixture);
    let earlier = Timestamp::from_millis(fixture.run.started.millis() - 7_200_000);
    fixture.run.began = Some(earlier);
    let of_servers_that_are_done = earlier.plus_seconds(60);
    fixture.fleet.redirected.as_mut().unwrap().data_from = Some(of_servers_that_are_done);
    fixture.fleet.servers[0].times.point_in_time = Some(120);
    let told = report(&fixture, None, false);
    assert_eq!((told.began, told.rto_seconds), (Some(earlier), Some(in_sync.seconds_since(earlier))));
    let loss = told.loss.expect("a loss");
    assert_eq!((loss.from, loss.until), (of_servers_that_are_done, Some(asked)));
}

#[test]
fn a_failback_that_failed_before_its_clean_up_is_held() {
    let told = report(&Fixture::failback(|_| ()).launched(), Some(&failure()), false);
    assert_eq!(told.outcome, Outcome::Held);
    assert_eq!(
        told.summary,
        "failback of 2 servers (stage) held: Redirect Traffic: Failback.Guard: S5 says no"
    );
    assert!(told.next.starts_with("Clients of web-1 use B3, in the recovery Region."), "{}", told.next);
    assert!(told.next.contains("do not show what clients of all-1 use."), "{}", told.next);
    assert!(told.next.contains("A2 protects B3 of web-1; the newest copy of its data"), "{}", told.next);
    assert!(told.next.contains("Every B3 still exists."), "{}", told.next);
    assert!(told.servers.iter().all(|server| server.outcome == ServerOutcome::Held));
}

/// Its plan ends it before anything is launched. What is wrong on the way is told as ever.
#[test]
fn a_failback_whose_plan_ends_it_early_is_ready_to_go_home() {
    let early = |plan: &mut Value| plan["endWhenReady"] = json!(true);
    let told = report(&Fixture::failback(early).prepared(), None, false);
    assert_eq!(told.outcome, Outcome::Ready);
    assert_eq!(told.summary, "failback of 2 servers (stage) is ready to go home");
    for words in
        ["Clients of web-1 use B3", "A2 protects B3 of web-1", "This run launched nothing.", "WatchState"]
    {
        assert!(told.next.contains(words), "{words}: {}", told.next);
    }
    assert!(told.servers.iter().all(|server| server.outcome == ServerOutcome::Ready));
    let held = report(&Fixture::failback(early).prepared(), Some(&failure()), false);
    assert_eq!(held.outcome, Outcome::Held);
    assert_eq!(report(&Fixture::failback(early).protected(), None, true).outcome, Outcome::Succeeded);
    assert_eq!(
        report(&Fixture::drill(early), None, false).outcome,
        Outcome::Succeeded,
        "a drill does not read it"
    );
}

#[test]
fn a_failure_in_the_clean_up_and_every_failure_of_a_drill_is_one() {
    let told = report(&Fixture::failback(|_| ()).protected(), Some(&failure()), true);
    assert_eq!(told.outcome, Outcome::Failed);
    assert!(told.next.contains("The clean-up is not complete"), "{}", told.next);
    assert!(told.servers.iter().all(|server| server.outcome == ServerOutcome::Failed));
    for cleaning in [true, false] {
        let told = report(&Fixture::drill(|_| ()), Some(&failure()), cleaning);
        assert_eq!(told.outcome, Outcome::Failed);
        assert!(told.next.contains("The drill changed neither A1, B1 nor a record."), "{}", told.next);
        assert!(told.servers.iter().all(|server| server.outcome == ServerOutcome::Failed));
    }
}

/// Returns what serves each server, its protection, and the age of the newest copy of its data.
fn served(fixture: &Fixture) -> Vec<(Serving, Protection, Option<u64>)> {
    let told = report(fixture, Some(&failure()), false).servers.into_iter();
    told.map(|server| (server.serves, server.protection, server.copy_age_seconds)).collect()
}

#[test]
fn what_serves_and_what_protects_it_is_read_from_the_world() {
    let unknown = (Serving::Unknown, Protection::Unknown, None);
    assert_eq!(served(&Fixture::failback(|_| ())), [(Serving::B3, Protection::None, None), unknown]);
    let fixture = Fixture::failback(|_| ()).reversed();
    assert_eq!(served(&fixture), [(Serving::B3, Protection::Healthy, Some(0)), unknown]);
    let fixture = fixture.stopped();
    assert_eq!(served(&fixture), [(Serving::B3, Protection::None, None), unknown]);
    let fixture = Fixture::failback(|_| ()).redirected();
    assert_eq!(served(&fixture), [(Serving::A4, Protection::None, None), unknown]);
    let fixture = Fixture::failback(|_| ()).protected();
    assert_eq!(served(&fixture), [(Serving::A4, Protection::Healthy, Some(0)), unknown]);
    fixture.point_at("198.51.100.9");
    assert_eq!(served(&fixture), [unknown, unknown]);
    let steady = Fixture::new(Procedure::Drill, Scenario::Steady, |_| ());
    assert_eq!(served(&steady), [(Serving::A1, Protection::Healthy, Some(0)), unknown]);
}

#[test]
fn a_launched_a4_is_a_copy_of_what_b3_held() {
    let fixture = Fixture::failback(|_| ()).launched().stopped();
    let [(Serving::B3, Protection::None, Some(age)), _] = served(&fixture)[..] else {
        panic!("{:?}", served(&fixture))
    };
    assert!((1_200..3_600).contains(&age), "{age}: ten minutes to start, and ten more");
    let next = report(&fixture, Some(&failure()), false).next;
    assert!(
        next.contains("A2 does not protect B3 of web-1; the newest copy of its data is at most"),
        "{next}"
    );
}

#[test]
fn after_the_redirect_nobody_is_told_that_b3_serves() {
    let mut fixture = Fixture::failback(|_| ()).redirected();
    let next = report(&fixture, Some(&failure()), false).next;
    assert!(next.starts_with("Clients of web-1 use A4, in the source Region."), "{next}");
    assert!(next.contains("B1 does not protect A4 of web-1; it is not known how old"), "{next}");
    assert!(next.contains("do not send clients back to B3: A4 has writes that B3 lacks"), "{next}");
    assert!(!next.contains("Until 20"), "{next}");
    let in_sync = fixture.now();
    fixture.fleet.redirected =
        Some(Redirected { in_sync: Some(in_sync), old_ttl_seconds: Some(300), ..Redirected::default() });
    let next = report(&fixture, Some(&failure()), false).next;
    let until = in_sync.plus_seconds(300);
    assert!(next.contains(&format!("Until {until}, clients may still use B3")), "{next}");
}

#[test]
fn what_is_gone_is_told() {
    let stops = |plan: &mut Value| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    };
    let fixture = Fixture::failback(stops).reversed();
    let (recovery, b1) = (fixture.recovery(), fixture.b1(0));
    fixture.simulation.world().stop_replication(recovery, &b1).unwrap();
    fixture.pass(60);
    let next = report(&fixture, Some(&failure()), false).next;
    assert!(next.contains("B1 of web-1 is stopped: its points in time are deleted."), "{next}");
    let fixture = Fixture::failback(|_| ()).protected().stopped().without_b2();
    let next = report(&fixture, Some(&failure()), true).next;
    assert!(next.contains("B3 of web-1, all-1 no longer exists."), "{next}");
    assert!(!next.contains("Every B3 still exists."), "{next}");
}

#[test]
fn a_b3_that_existed_before_is_left_and_told_with_what_to_do() {
    let fixture = Fixture::with_existing(Procedure::Failback, Scenario::Recovered, |_| ());
    let fixture = fixture.protected().stopped();
    let next = report(&fixture, None, true).next;
    assert!(!next.contains("existed before"), "it is not left until it is tagged: {next}");
    for server in 0..2 {
        let mut world = fixture.simulation.world();
        let b2 = world.recovery_instance(fixture.recovery(), &fixture.b2(server)).unwrap();
        let (arn, job) = (b2.arn.clone(), b2.job.to_string());
        world.tag_resource(&arn, &Tags::from([(tag::LEFT.to_owned(), job)])).unwrap();
    }
    assert_eq!(left(&fixture), vec!["A1 A2 A3 A4 B1 B2 B3".to_owned(); 2]);
    let next = report(&fixture, None, true).next;
    let said = "B3 of web-1, all-1 existed before B1 was launched into it, and is left with its B2. Delete B2 in the DRS \
                console without terminating it, and stop B3: the next recovery launches into it again. Nothing else is left \
                to do.";
    assert!(next.ends_with(said), "{next}");
    let next = report(&fixture, Some(&failure()), true).next;
    assert!(next.contains("B3 of web-1, all-1 existed before"), "{next}");
    assert!(!next.contains("no longer exists"), "{next}");
}

#[test]
fn a_source_server_that_drs_has_made_instead_of_b1_is_told_with_what_to_do() {
    let switches = Switches { reverse_makes_b1: true, ..Switches::default() };
    let fixture =
        Fixture::with_switches(Procedure::Failback, Scenario::Recovered, switches, |_| ()).protected();
    fixture.pass(6 * 3_600);
    let told = report(&fixture, None, false);
    let world = fixture.simulation.world();
    for (server, told) in told.servers.iter().enumerate() {
        assert_eq!(told.b1, world.fleet()[server].b1);
    }
    // No record shows what clients of the other server use.
    assert_eq!(told.servers[0].protection, Protection::Healthy);
    let (earlier, now) = (fixture.b1(0), &world.fleet()[0].b1);
    let said = format!(
        "DRS has made another source server of web-1, all-1 instead of re-pointing B1: {now}, and the others as the report \
         lists them, protects A4, and not {earlier}, which still names A1."
    );
    assert!(told.next.contains(&said), "{}", told.next);
    assert!(told.next.ends_with("Nothing else is left to do."), "{}", told.next);
}

#[test]
fn a_server_that_has_gone_home_is_told_with_what_serves_it() {
    let mut fixture = Fixture::new(Procedure::Failback, Scenario::Steady, |_| ());
    for server in &mut fixture.fleet.servers {
        server.already_failed_back = true;
    }
    let told = report(&fixture, Some(&failure()), false);
    assert_eq!(told.servers[0].serves, Serving::A1);
    assert!(told.next.contains("find out why clients use A1"), "{}", told.next);
}

#[test]
fn an_ambiguous_server_is_told_and_fails_no_report() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let b3 = fixture.b2(0).instance();
    fixture.fleet.servers[0].a2 = None;
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen
            && let Some(mut other) = servers.iter().find(|a2| a2.instance.as_ref() == Some(&b3)).cloned()
        {
            other.id = "s-00000000000000001".parse().unwrap();
            servers.push(other);
        }
    });
    let told = report(&fixture, Some(&failure()), false);
    let [first, second] = &told.servers[..] else { panic!("{:?}", told.servers) };
    let problem = first.problem.as_deref().unwrap_or_default();
    assert!(problem.contains("several source servers of the source Region replicate its B3"), "{problem}");
    assert_eq!((first.serves, first.left.as_str()), (Serving::Unknown, "A1 A2 B1 B2 B3"));
    assert_eq!((second.problem.as_deref(), second.left.as_str()), (None, "A1 A2 B1 B2 B3"));
    assert!(told.next.contains("web-1 cannot be read as a whole: s-"), "{}", told.next);
}

#[test]
fn a_server_is_told_by_how_far_it_came() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.fleet.servers[0].times.protected = Some(60);
    let of = |told: Report| told.servers.into_iter().map(|server| server.outcome).collect::<Vec<_>>();
    assert_eq!(
        of(report(&fixture, Some(&failure()), false)),
        [ServerOutcome::FailedBack, ServerOutcome::Held]
    );
    fixture.fleet.servers[1].already_failed_back = true;
    assert_eq!(
        of(report(&fixture, Some(&failure()), true)),
        [ServerOutcome::FailedBack, ServerOutcome::AlreadyFailedBack]
    );
    let mut drill = Fixture::drill(|_| ());
    drill.fleet.servers[0].times.validated = Some(60);
    assert_eq!(of(report(&drill, Some(&failure()), true)), [ServerOutcome::Drilled, ServerOutcome::Failed]);
    // A time of the other procedure does not count.
    drill.fleet.servers[1].times.protected = Some(60);
    assert_eq!(of(report(&drill, Some(&failure()), true)), [ServerOutcome::Drilled, ServerOutcome::Failed]);
}

#[test]
fn a_failure_is_told_plainly() {
    let cause = r#"{"errorType":"Failback.Guard","errorMessage":"S5 says no"}"#.to_owned();
    let told = report(&Fixture::drill(|_| ()), Some(&Failure { cause, ..failure() }), false);
    assert_eq!(told.failure.unwrap().cause, "S5 says no");
}

#[test]
fn a_report_says_who_what_and_when() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.run.plan.started_by = Some("arn:aws:iam::111122223333:user/mary".to_owned());
    let told = report(&fixture, None, false);
    assert_eq!(told.started_by, fixture.run.plan.started_by);
    assert_eq!((told.plan.as_str(), told.execution.as_str()), ("stage", fixture.run.id.as_str()));
    assert_eq!(told.started, fixture.run.started);
    assert!(
        told.ended.millis() <= fixture.now().millis()
            && told.ended.millis() > fixture.now().millis() - 60_000
    );
    assert_eq!(told.waves, fixture.run.plan.wave_names());
    for (told, server) in told.servers.iter().zip(&fixture.fleet.servers) {
        assert_eq!((&told.a1, &told.a2, &told.a3), (&server.a1, &server.a2, &server.a3));
        assert_eq!((&told.b1, &told.b2, &told.name), (&server.b1, &server.b2, &server.name));
        assert_eq!(told.wave, server.wave);
    }
}

/// Records a redirection that was requested after an hour and was complete a minute later.
fn redirected(fixture: &mut Fixture) -> (Timestamp, Timestamp) {
    let asked = fixture.run.started.plus_seconds(3_600);
    let in_sync = asked.plus_seconds(60);
    fixture.fleet.redirected = Some(Redirected {
        asked: Some(asked),
        in_sync: Some(in_sync),
        old_ttl_seconds: Some(300),
        data_from: None,
    });
    (asked, in_sync)
}

#[test]
fn the_time_of_a_failback_ends_when_traffic_has_moved() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    assert_eq!(report(&fixture, None, false).rto_seconds, None);
    redirected(&mut fixture);
    assert_eq!(report(&fixture, None, false).rto_seconds, Some(3_660));
}

#[test]
fn the_time_of_a_drill_ends_when_the_last_server_works() {
    let mut fixture = Fixture::drill(|_| ());
    fixture.fleet.servers[0].times.validated = Some(90);
    assert_eq!(report(&fixture, None, false).rto_seconds, None);
    fixture.fleet.servers[1].times.validated = Some(60);
    assert_eq!(report(&fixture, None, false).rto_seconds, Some(90));
    fixture.fleet.servers[0].already_failed_back = true;
    assert_eq!(report(&fixture, None, false).rto_seconds, Some(60));
}

#[test]
fn what_may_be_lost_was_written_between_the_oldest_point_in_time_and_the_redirect() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.fleet.servers[0].times.point_in_time = Some(120);
    fixture.fleet.servers[1].times.point_in_time = Some(100);
    assert_eq!(report(&fixture, None, false).loss, None);
    let (asked, in_sync) = redirected(&mut fixture);
    let from = fixture.run.started.plus_seconds(100);
    let loss = Loss { from, until: Some(asked), until_at_most: in_sync.plus_seconds(300) };
    assert_eq!(report(&fixture, None, false).loss, Some(loss));
    let mut drill = Fixture::drill(|_| ());
    drill.fleet.servers[0].times.point_in_time = Some(120);
    redirected(&mut drill);
    assert_eq!(report(&drill, None, false).loss, None);
}

/// Returns the reported jobs when a job in a Region is working on a server.
fn at_work(fixture: &mut Fixture, in_source: bool, server: SourceServerId, status: JobStatus) -> Vec<String> {
    let busy = if in_source { fixture.source() } else { fixture.recovery() };
    fixture.tamper(move |seen| {
        if let Response::Jobs(region, jobs) = seen
            && region == busy
        {
            let launch = LaunchStatus::Pending;
            let part = JobServer { server: server.clone(), recovery_instance: None, launch, actions: None };
            let (kind, tags) = (JobKind::Launch, Tags::new());
            let id = "drsjob-0123456789abcdef0".parse().unwrap();
            jobs.push(Job { id, kind, status, created: None, tags, servers: vec![part] });
        }
    });
    report(fixture, Some(&failure()), false).jobs.iter().map(ToString::to_string).collect()
}

#[test]
fn jobs_that_are_at_work_on_the_fleet_are_told() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (a2, b1) = (fixture.a2(0), fixture.b1(1));
    let told = ["drsjob-0123456789abcdef0"];
    assert_eq!(at_work(&mut fixture, true, a2.clone(), JobStatus::Started), told);
    assert_eq!(at_work(&mut fixture, false, b1.clone(), JobStatus::Pending), told);
    assert!(at_work(&mut fixture, true, a2.clone(), JobStatus::Completed).is_empty());
    let other = "s-00000000000000001".parse().unwrap();
    assert!(at_work(&mut fixture, true, other, JobStatus::Started).is_empty());
    fixture.fleet.servers[0].already_failed_back = true;
    assert!(at_work(&mut fixture, true, a2, JobStatus::Started).is_empty());
}

/// Returns the report of one server that has already failed back, with a name of this many letters, and its bytes.
fn named(letters: usize) -> (Report, usize) {
    let mut fixture = Fixture::drill(|_| ());
    fixture.fleet.servers.truncate(1);
    let server = &mut fixture.fleet.servers[0];
    server.already_failed_back = true;
    server.times = Times { ready: Some(2), ..Times::default() };
    server.name = "n".repeat(letters);
    let value = value(&fixture, None, false);
    let bytes = serde_json::to_string(&value).unwrap().len();
    (serde_json::from_value(value).unwrap(), bytes)
}

#[test]
fn a_report_that_is_too_large_leaves_out_timings_first_and_then_names() {
    let limit = super::BYTES_MAX;
    let fits = limit - named(0).1;
    let (whole, bytes) = named(fits);
    assert_eq!(
        (bytes, whole.servers[0].seconds_from_start.ready, whole.servers[0].name.len()),
        (limit, Some(2), fits)
    );
    let (over, bytes) = named(fits + 1);
    assert!(bytes < limit, "{bytes}: timings are left out");
    let shown = over.servers[0].seconds_from_start;
    assert_eq!((shown, over.servers[0].name.len()), (Milestones::default(), fits + 1));
    let timings = limit + 1 - bytes;
    let (over, bytes) = named(fits + timings);
    assert_eq!((bytes, over.servers[0].name.len()), (limit, fits + timings));
    let (far, bytes) = named(fits + timings + 1);
    assert!(bytes < 2_000 && far.servers[0].name.is_empty(), "{bytes}: names too");
    assert_eq!(far.servers.len(), 1);
}

/// Nothing has moved, and what the runs launched is gone or kept.
#[test]
fn an_aborted_failback_says_who_ended_it_and_that_it_led_back() {
    let abort = |mut fixture: Fixture| {
        let comment = Some("the shop stays open".to_owned());
        let by = Some("ada".to_owned());
        fixture.run.aborted = Some(Aborted { gate: None, at: fixture.now(), by, comment });
        fixture
    };
    let failure = Failure { error: "Failback.Aborted".to_owned(), ..failure() };
    let report = |fixture: &Fixture| report(fixture, Some(&failure), false);
    let led_back = report(&abort(Fixture::failback(|_| ()).reversed()));
    assert_eq!(led_back.outcome, Outcome::Aborted);
    assert_eq!(led_back.servers[0].outcome, ServerOutcome::Aborted);
    assert_eq!(led_back.aborted.as_ref().and_then(|aborted| aborted.by.as_deref()), Some("ada"));
    assert!(
        led_back.next.contains("The failback was aborted, and no traffic has moved"),
        "{}",
        led_back.next
    );
    assert!(!led_back.next.contains("is left, and billed"), "{}", led_back.next);
    assert_eq!(led_back.command, None, "nobody is told to start it at once");
    let kept = report(&abort(Fixture::failback(|_| ()).launched()));
    assert!(kept.next.contains("A4 of web-1, all-1 is left, and billed"), "{}", kept.next);
}
