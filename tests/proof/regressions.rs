use failback_campaign::Case;

/// Cases that the campaign has found, reduced, with the cause.
const FOUND: &[(&str, &str)] = &[
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
];

#[test]
fn what_was_found_once_holds() {
    for (case, wrong) in FOUND {
        let case: Case = case.parse().unwrap_or_else(|error| panic!("{case}: {error}"));
        let played = failback_campaign::play(&case).expect("a case");
        assert!(played.violations.is_empty(), "once {wrong}: {case}: {:#?}", played.violations);
    }
}
