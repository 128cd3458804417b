use failback_campaign::Case;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_rehearsal::plans;
use failback_rehearsal::program::Program;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use serde_json::Value;

use crate::bug::Bugged;
use crate::bugs;

/// Cases that the campaign has found, reduced, with the cause.
const FOUND: &[(&str, &str)] = &[
    (
        "recovered, 2 servers, seed 763, stop-b1: during failback 12 point-at-a1",
        "B1 of a server without a record was stopped while its A1 ran and served: only the server with the record was asked about",
    ),
    (
        "drilled, 2 servers, seed 1222, drill-recovered, disposable: during drill 14 use-b3 79 recover; try drill",
        "a drill ended a B3 that served: the record held the address of its predecessor, which nobody had any more, and counted as no sign",
    ),
    (
        "recovered, 2 servers, seed 2481, by-hand: during failback 105 use-b3",
        "people who had confirmed that traffic had moved, and moved it back by hand, were not asked again before B3 and A1 ended",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 110 use-b3",
        "the clean-up stopped A2 of a B3 to which a record had been pointed again: its only protection",
    ),
    (
        "steady, 2 servers, seed 160: fail stall:web-1=376; during drill 139 use-b3",
        "the same in a drill, for the server without a record",
    ),
    (
        "recovered, 3 servers, seed 645, participants_lack_instances: cut failback 76; lead-back; settle failback",
        "after an abort, where DRS's jobs do not name what they launched, no launch was made any more: the fate of the one \
         that the abort had ended was unknown",
    ),
    (
        "recovered, 3 servers, seed 1, freeze-by-hook: fail late:freeze-writes=Failback.AccessDenied; \
         fail crash:freeze-writes; run failback; settle failback",
        "a freeze whose lease only one server had, which has no record of its own, was never lifted, and the next \
         execution waited for that",
    ),
    (
        "recovered, 3 servers, seed 62, freeze-by-hand, waves-overlap: redrive failback 62 failback 20; try failback",
        "a redriven execution that another one had taken the servers from told people to let writes go on, under the \
         other's freeze",
    ),
    (
        "recovered, 5 servers, seed 1783, by-hand, stop-b1, into-source, freeze-by-hand, slow_calls, launch_into_source: \
         cut failback 50; try failback",
        "a launch that was under way when an execution was stopped, and writes went on, was taken for one under the next \
         execution's freeze, where people redirect traffic",
    ),
    (
        "recovered, 1 servers, seed 239, freeze-by-hand: fail late:protect-failed-back-servers=Failback.AccessDenied; \
         together drill failback 8466; settle failback",
        "an execution that found traffic at A4, moved by an earlier one after a freeze, reported a loss of its own",
    ),
    (
        "recovered, 300 servers, one-wave: fail dies:all-7=Server.InternalError; finish failback",
        "an A4 that the run had seen and that died while others were launched was launched again, and the run then took \
         its own A4 for a stranger's",
    ),
    (
        "recovered, 3 servers, seed 1: fail dies:db-1=Client.VolumeLimitExceededx*; run failback; settle failback",
        "an A4 that EC2 terminated at its launch was waited for until the limit, and nothing said why",
    ),
    (
        "recovered, 1 servers: cut failback 26; hand terminate-a3; settle failback",
        "an A4 that had ended between two runs was waited for at every start",
    ),
    (
        "recovered, 3 servers, reverse_makes_b1: finish failback",
        "a B1 that DRS makes instead of re-pointing the one that there was: two days of waiting for the old one",
    ),
    (
        "recovered, 3 servers, reverse_makes_b1, keep-originals: cut failback 120; try failback; try failback",
        "the same, where the run is started again, and once more after it has succeeded",
    ),
    (
        "recovered, 3 servers: during failback 31 terminate-a1; finish failback",
        "a run that had prepared A2's launch template like A1 did not launch it once A1 was gone",
    ),
    (
        "recovered, 3 servers: hand reverse; hand sync; hand prepare; hand terminate-a1; finish failback",
        "the same, where a person had prepared it",
    ),
    (
        "steady, 3 servers, slow_servers, slow-limits: finish drill",
        "an instance that DRS listed half an hour after its job was launched again, which ended the first",
    ),
    (
        "recovered, 300 servers, seed 2, slow_calls, lag_blips, one-wave: settle failback",
        "with calls of 0.3 seconds a job of 100 servers was never launched: one call of the step read for too long",
    ),
    (
        "recovered, 120 servers, seed 3, slow_calls, lag_blips: fail outage:all=10@70; run failback",
        "an outage of three minutes ended a failback of days",
    ),
    (
        "recovered, 3 servers, seed 1: fail outage:drs=60@55; run failback",
        "an outage of an hour ended a failback, and its time counted for the limit of a step",
    ),
    (
        "recovered, 80 servers, seed 2, lag_blips: settle failback",
        "every server had to be fit at the same look: a clean-up of 80 ran into its limit, because of 80 one always lags",
    ),
    (
        "recovered, 300 servers, seed 2, lag_blips, lag-0: settle failback",
        "300 servers were never without lag at the same look, so they were never launched",
    ),
    ("steady, 300 servers, seed 2, lag_blips, lag-0: settle drill", "a drill of 300 used up its 2,000 polls"),
    (
        "recovered, 3 servers, full_sync_counts_as_rescan: hand stop-b1; settle failback",
        "a B1 that a person had stopped was never found to protect A4, because the plan did not stop it",
    ),
    (
        "steady, 4 servers, seed 3088, own-network, tight-limits: \
         fail late:launch-recovered-servers=Failback.Rejected; run drill",
        "a B3 that the ledger did not know was not looked at, and the report left it out",
    ),
    (
        "recovered, 51 servers, seed 1, one-wave: settle failback",
        "A4s were launched into subnets without room for them beside A1",
    ),
    (
        "drilled, 4 servers, seed 1348, drill-recovered: cut drill 120; settle drill",
        "a drill cut off in its clean-up was refused, because some of its B2s were gone already",
    ),
    (
        "recovered, 4 servers, seed 775: \
         fail late:terminate-recovered-servers=Lambda.ClientExecutionTimeoutExceptionx22; run failback",
        "a B2 whose B3 shuts down is left by one count and gone by another",
    ),
    (
        "recovered, 2 servers, seed 4882, one-wave, tight-limits, keep-recovered: \
         fail late:launch-for-failback=States.HeartbeatTimeout; \
         fail task:keep-report=Lambda.TooManyRequestsExceptionx*; run drill; try drill",
        "what a job made after the report had named it was counted as untold",
    ),
    (
        "recovered, 3 servers, keep-recovered: run drill; wait 86400; settle failback",
        "a drill that keeps B3 disconnected A2, and the agent on B3 uninstalled itself",
    ),
    (
        "recovered, 3 servers: run failback no; wait 259200; run failback",
        "clients were sent to an A4 that a run had launched three days before",
    ),
    (
        "recovered, 3 servers: run failback silence; wait 864000; settle failback",
        "clients were sent to an A4 that a run had launched ten days before",
    ),
    (
        "recovered, 1 servers, seed 1: \
         fail boot:web-1; hand reverse; hand prepare; hand launch; hand redirect; run failback",
        "an A4 that clients used was launched again, because it did not pass its checks",
    ),
    (
        "recovered, 1 servers, seed 1, by-hand: \
         fail boot:db-1; hand reverse; hand prepare; hand launch; hand redirect; run failback",
        "an A4 to which a person had redirected traffic by hand was launched again",
    ),
    (
        "recovered, 1 servers, seed 1, keep-recovered, by-hand: \
         hand reverse; hand prepare; hand launch; hand redirect; run drill",
        "a drill terminated the A4 of a failback that a person had done by hand",
    ),
    (
        "recovered, 1 servers, seed 1, keep-recovered: hand reverse; hand prepare; hand launch; run drill",
        "a drill terminated an A4 that a person had launched for a failback",
    ),
    (
        "recovered, 1 servers, seed 1: hand reverse; hand point-at-a1; refuse failback",
        "a record at A1, where a person had moved production, was overwritten because an A2 existed",
    ),
    (
        "recovered, 1 servers, seed 1, keep-originals, ask-before-cleanup, reverse_repoints_a2: \
         run failback no; hand recover; wait 172800; run failback; refuse failback",
        "after a second disaster, the A4 of the first failback was adopted and production terminated",
    ),
    (
        "recovered, 1 servers, seed 1, by-hand, keep-originals, reverse_repoints_a2: hand reverse; hand prepare; \
         hand launch; hand redirect; hand protect; hand recover; wait 172800; run failback; refuse failback",
        "after a second disaster, the A4 of a failback by hand was adopted",
    ),
    (
        "recovered, 1 servers, seed 1, keep-originals, ask-before-cleanup: run failback no; hand recover; wait 172800; \
         fail error:DisconnectSourceServer=AccessDeniedException; run failback; mend; run failback",
        "of two A2 of one B1, the one of the earlier failback could be taken in the clean-up",
    ),
    (
        "recovered, 1 servers, seed 1, keep-originals, ask-before-cleanup: run failback no; hand recover; wait 172800; \
         run failback; refuse failback",
        "the A2 of an earlier failback was taken for one that had not ended",
    ),
    (
        "recovered, 1 servers, seed 1, keep-originals, ask-before-cleanup, own-network, own-type, reverse_repoints_a2: \
         run failback no; hand recover; hand terminate-a4; run failback",
        "an A2 that was still being compared with the new B3 was taken for Ready",
    ),
    (
        "recovered, 1 servers, seed 1, by-hand, keep-originals, repoint_shows_late: \
         hand reverse; hand prepare; hand launch; hand redirect; hand protect; hand recover; hand reverse; hand sync; \
         hand prepare; hand launch; hand redirect; hand tag-a1; hand protect-and-leave; run failback",
        "B3 was terminated on the counters of an earlier rescan",
    ),
    (
        "drilled, 1 servers, seed 1, drill-recovered, by-hand: hand use-b3; refuse drill",
        "a drill terminated a B3 that people had recovered as a drill and used",
    ),
    (
        "recovered, 2 servers, seed 1: hand forget-b2; refuse failback",
        "servers whose B2 was deleted were taken for failed back",
    ),
    (
        "recovered, 1 servers, seed 1: hand long-ttl; settle failback",
        "B3 was terminated while resolvers still returned its address for an hour",
    ),
    (
        "recovered, 1 servers, seed 1: run failback no; hand recover; refuse failback",
        "the A2 and the running A4 of an earlier failback stayed, and no report named them",
    ),
    (
        "recovered, 1 servers, seed 7853, two-records: run failback no; wait 604800; \
         during failback 49 terminate-a4 94 stop-a4 164 start-b3; try failback",
        "the auditor blamed the program for an A4 that a person had terminated",
    ),
    (
        "recovered, 2 servers, seed 2332, keep-originals: \
         run failback; hand recover; during failback 76 launch-b1; try failback",
        "the auditor blamed the program for what was lost with a B3 that a person replaced",
    ),
    (
        "recovered, 4 servers, seed 188, stop-b1, post_launch: fail boot:web-1x3; during failback 100 redirect; \
         try failback",
        "the auditor took an A4 for production that a person had sent clients to while a job terminated it",
    ),
    (
        "recovered, 1 servers, seed 1: during failback 71 stop-b3; try failback",
        "the auditor took a B3 that a person had stopped for one that the person had launched",
    ),
    (
        "recovered, 1 servers, seed 291, launch_into_existing: hand reverse; hand prepare; hand launch; \
         hand redirect; hand protect; hand stop-a2; hand terminate-b2; hand terminate-a1; hand delete-a3; \
         hand disconnect-a2; hand delete-a2; try failback",
        "an existing instance was expected to be left after a person had terminated it",
    ),
    (
        "drilled, 5 servers, seed 1862, drill-recovered, tags_show_late: fail crash:claim-serversx*; \
         run drill silence; settle drill",
        "a drill that could not claim every server ended those of a person that it had claimed",
    ),
    (
        "recovered, 1 servers, seed 1, ask-nobody: \
         hand reverse; hand sync; hand prepare; hand launch; refuse failback",
        "clients came to use an A4 that a person had launched, and nobody was asked",
    ),
    (
        "recovered, 3 servers, seed 1, ask-nobody: during failback 90 launch-and-leave; try failback",
        "the same, launched during a run",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 30 prepare-for-drill; settle failback",
        "a server to be launched again was not prepared again, and each start waited for hours",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 114 delete-a3; settle failback",
        "a failback was held for good because a person had deleted A3 before the page does",
    ),
    (
        "steady, 3 servers, seed 1: during drill 24 terminate-b3; try drill",
        "a drill was refused for good because B1 still named a B2 that had been terminated",
    ),
    (
        "recovered, 1 servers, seed 1, by-hand: hand start-a1; refuse failback",
        "a failback by hand did not notice an original that runs and may be production",
    ),
    (
        "recovered, 1 servers, seed 1, stop-b1: settle failback",
        "B1's points in time were deleted while A2 had no copy of B3 yet",
    ),
    (
        "steady, 3 servers, seed 1: during drill 15 forget-b2; try drill",
        "B1 was launched although the B3 that it had launched, and that DRS no longer showed, ran on",
    ),
    (
        "recovered, 1 servers, seed 1, ask-before-cleanup, keep-originals, reverse_repoints_a2: \
         run failback no; hand recover; run failback",
        "the report named the A4 of an earlier cycle as this cycle's, and left out the original that it is",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 97 launch; try failback",
        "clients were sent to an A4 that a person was having launched again, which ended it",
    ),
    (
        "recovered, 1 servers, seed 1: during failback 52 terminate-a3; try failback",
        "clients were sent to an A4 that a person was terminating",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 54 stop-a4; try failback",
        "clients of a server without a record were sent to an A4 that a person had stopped",
    ),
    (
        "recovered, 3 servers, seed 1: during failback 134 reboot-a4; try failback",
        "A1 was terminated while A4 was rebooted",
    ),
    (
        "recovered, 5 servers, seed 200, keep-recovered: \
         fail error:ListResourceRecordSets=ThrottlingExceptionx9; during drill 94 redirect; try drill",
        "a drill launched again, and terminated, A4s that clients used without a record of their own",
    ),
    (
        "recovered, 1 servers, seed 923, into-source, launch_into_source: \
         fail late:protect-failed-back-servers=States.Timeout; run failback",
        "the auditor took B3 for A4 where A4 is A1",
    ),
    (
        "recovered, 2 servers, seed 1027, no-status-checks, post_launch: during failback 58 redirect",
        "a change that changed nothing kept the simulator's clients from following",
    ),
    (
        "steady, 3 servers, seed 1, launch_into_existing: refuse drill",
        "a drill launched B1 into an instance that existed before, and terminated it in its clean-up",
    ),
    (
        "drilled, 3 servers, seed 1, drill-recovered, launch_into_existing: refuse drill",
        "a drill terminated an instance that existed before B1 was launched into it",
    ),
    (
        "recovered, 3 servers, seed 1, launch_into_existing: settle failback; settle failback",
        "the clean-up of a failback terminated an instance that existed before B1 was launched into it",
    ),
    (
        "recovered, 2 servers, seed 1, launch_into_existing: cut failback 165; settle failback; refuse drill",
        "the same, cut off in its clean-up",
    ),
    (
        "recovered, 2 servers, seed 1, keep-originals, launch_into_existing: \
         run failback; hand stop-b3; hand recover; settle failback",
        "the same in the next cycle, in which B1 is launched into the same instance",
    ),
    (
        "recovered, 3 servers, seed 1: \
         fail task:protect-failed-back-servers=Failback.AccessDenied; run failback",
        "the report of a held failback said that production is served where it was, after traffic had moved",
    ),
];

#[test]
fn what_was_found_once_holds() {
    for (case, wrong) in FOUND {
        let case: Case = case.parse().unwrap_or_else(|error| panic!("{case}: {error}"));
        let played = failback_campaign::play(&case).expect("a case");
        assert!(played.violations.is_empty(), "once {wrong}: {case}: {:#?}", played.violations);
    }
}

/// The first refusal in the clean-up left the servers of everybody running.
#[test]
fn a_drill_cleans_up_the_others_of_a_server_that_the_guard_refuses() {
    let input: Value = serde_json::from_str(plans::THREE_TIER).expect("JSON");
    let plan = Plan::read(&input).expect("a plan");
    let program = Program::deployed().expect("the machines");
    let program = program.performed_by(Bugged(bugs::TwoA2OfOneB3::default()));
    let setting = Setting::usual(Procedure::Drill, input, plan, 3, 1);
    let mut rehearsal = Rehearsal::of(program, setting);
    let drill = rehearsal.run(Procedure::Drill, &mut Always(GateAnswer::Yes));
    assert!(drill.is_safe(), "{:#?}", drill.verdicts);
    let failure = drill.failure.expect("a failure");
    assert_eq!(
        (failure.step.as_str(), failure.error.as_str()),
        ("Stop Reversed Replication", "Failback.Guard")
    );
    let world = rehearsal.simulation.world();
    let left =
        |server| world.left_of(server).into_iter().map(|left| left.label).collect::<Vec<_>>().join(" ");
    assert_eq!([left(0), left(1), left(2)], ["A1 A2 A3 A4 B1 B2 B3", "A1 B1", "A1 B1"]);
    let report = drill.report.expect("a report");
    let first = report.servers.iter().find(|server| server.b1 == world.fleet()[0].b1).expect("a line");
    let problem = first.problem.as_deref().unwrap_or_default();
    assert!(problem.contains("several source servers of the source Region replicate its B3"), "{problem}");
}

/// A record that a person changes between the step's reading and its change was overwritten.
#[test]
fn a_record_that_a_person_changes_meanwhile_is_left_alone() {
    let program = Program::deployed().expect("the machines").performed_by(Bugged(bugs::PersonChangesRecords));
    let case: Case = "recovered, 1 servers, seed 1: run failback".parse().expect("a case");
    let told = failback_campaign::tell(&program, &case).expect("a case");
    let told = told.join("\n");
    assert!(told.contains("held: Redirect Traffic: Failback.Conflict"), "{told}");
    assert!(told.contains("the record now holds 198.51.100.9"), "{told}");
    assert!(
        told.contains("ChangeResourceRecordSets Z0123456789ABCDEFGHIJ shop.example.com.: InvalidChangeBatch"),
        "{told}"
    );
}
