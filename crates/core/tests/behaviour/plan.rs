//! The plan: each check with its bounds, its path and its remedy, and the meaning of a plan.

use std::collections::BTreeSet;

use failback_core::cloud::Tags;
use failback_core::plan::{LIKE_SOURCE, Limits, Plan, Problem, SERVERS_MAX};
use serde_json::{Value, json};

use crate::case::{B1, OTHERS, id};

fn complete() -> Value {
    serde_json::from_str(include_str!("../../src/plan/complete.json")).unwrap()
}

/// Returns the complete plan with some places changed. A missing place is added.
fn changed(changes: &[(&str, Value)]) -> Value {
    let mut plan = complete();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        plan.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    plan
}

fn problems(plan: &Value) -> Vec<Problem> {
    Plan::read(plan).map_or_else(|problems| problems.0, |_| Vec::new())
}

fn right(changes: &[(&str, Value)]) {
    let found = problems(&changed(changes));
    assert!(found.is_empty(), "{changes:?}: {found:?}");
}

/// Asserts that there is one problem, at this path and with this message and this remedy in it.
fn wrong(changes: &[(&str, Value)], path: &str, said: &str, remedy: &str) {
    let found = problems(&changed(changes));
    let [problem] = found.as_slice() else { panic!("{changes:?}: {found:?}") };
    assert_eq!(problem.path, path, "{problem}");
    assert!(problem.message.contains(said), "{problem}");
    assert!(problem.remedy.contains(remedy), "{problem}");
}

/// Asserts that both bounds of a number are right, and that the neighbours outside are not.
fn bounded(pointer: &str, least: u64, most: u64, path: &str, remedy: &str) {
    right(&[(pointer, json!(least))]);
    right(&[(pointer, json!(most))]);
    if least > 0 {
        wrong(&[(pointer, json!(least - 1))], path, "out of range", remedy);
    }
    wrong(&[(pointer, json!(most + 1))], path, "", remedy);
}

#[test]
fn numbers_have_bounds() {
    bounded("/launch/relaunchesMax", 0, 10, "$.launch.relaunchesMax", "0 to 10");
    bounded("/launch/lagSecondsMax", 0, 86_400, "$.launch.lagSecondsMax", "at most 86400");
    bounded("/redirect/records/0/ttlSeconds", 0, 86_400, "$.redirect.records[0].ttlSeconds", "60 seconds");
    for minutes in
        ["reversalMinutes", "launchMinutes", "validationMinutes", "redirectMinutes", "cleanupMinutes"]
    {
        bounded(&format!("/limits/{minutes}"), 1, 1440, &format!("$.limits.{minutes}"), "Use 1 to 1440");
    }
    for hours in ["replicationHours", "protectionHours"] {
        bounded(&format!("/limits/{hours}"), 1, 336, &format!("$.limits.{hours}"), "Use 1 to 336");
    }
    for gate in ["beforeRedirect", "beforeCleanup"] {
        let path = format!("$.gates.{gate}.timeoutMinutes");
        bounded(&format!("/gates/{gate}/timeoutMinutes"), 1, 20_160, &path, "Use 1 to 20160");
    }
}

#[test]
fn a_name_is_short_and_plain() {
    right(&[("/name", json!("Shop 1-a_b.c"))]);
    right(&[("/name", json!("n".repeat(60)))]);
    for name in [String::new(), "n".repeat(61), "a/b".to_owned(), "shöp".to_owned()] {
        wrong(&[("/name", json!(name))], "$.name", "1 to 60", "short name");
    }
}

#[test]
fn two_regions_of_one_partition() {
    let path = "$.regions";
    wrong(&[("/regions/recovery", json!("us-east-1"))], path, "both us-east-1", "recovered in");
    wrong(&[("/regions/recovery", json!("us-gov-east-1"))], path, "partition", "one partition");
}

#[test]
fn servers_are_chosen_in_exactly_one_way() {
    let ids = |n: usize| (0..n).map(|i| format!("s-{i:017}")).collect::<Vec<_>>();
    for one in [json!({ "all": true }), json!({ "ids": ids(1) }), json!({ "ids": ids(SERVERS_MAX) })] {
        right(&[("/servers", one)]);
    }
    wrong(&[("/servers", json!({}))], "$.servers", "no servers are chosen", "exactly one of");
    let both = json!({ "all": true, "ids": ids(1) });
    wrong(&[("/servers", both)], "$.servers", "more than one way", "exactly one of");
    wrong(&[("/servers", json!({ "all": false }))], "$.servers", "no servers are chosen", "exactly one of");
    for n in [0, SERVERS_MAX + 1] {
        wrong(&[("/servers", json!({ "ids": ids(n) }))], "$.servers.ids", &format!("{n} ids"), "1 to 1000");
    }
    let twice = json!({ "ids": [B1, OTHERS, B1] });
    wrong(&[("/servers", twice)], "$.servers.ids[2]", "named twice", "Remove one");
    wrong(&[("/servers", json!({ "tags": {} }))], "$.servers.tags", "every server", "at least one tag");
}

#[test]
fn waves_have_names_and_only_the_last_takes_the_rest() {
    let wave = |name: &str, tier: &str| json!({ "name": name, "tags": { "tier": tier } });
    let rest = |name: &str| json!({ "name": name, "tags": {} });
    let many = |n: usize| (0..n).map(|i| wave(&format!("wave {i}"), &format!("x{i}"))).collect::<Vec<_>>();
    right(&[("/waves", json!([]))]);
    right(&[("/waves", json!([rest("all")]))]);
    right(&[("/waves", json!([wave("a", "x"), wave("b", "y"), rest("c")]))]);
    right(&[("/waves", json!([wave(&"w".repeat(40), "x")]))]);
    let age = || ("/launch/dataAgeSecondsMax", json!(1_209_600));
    right(&[("/waves", json!(many(20))), age()]);
    wrong(&[("/waves", json!(many(21))), age()], "$.waves", "21 waves", "at most 20");
    wrong(
        &[("/waves", json!(many(4)))],
        "$.launch.dataAgeSecondsMax",
        "3600 s is less than 4 waves may take",
        "Use at least 4800",
    );
    for name in [String::new(), "w".repeat(41)] {
        wrong(&[("/waves", json!([wave(&name, "x")]))], "$.waves[0].name", "1 to 40", "short name");
    }
    let twice = json!([wave("a", "x"), wave("a", "y")]);
    wrong(&[("/waves", twice)], "$.waves[1].name", "`a` is used twice", "another name");
    let early = json!([wave("a", "x"), rest("b"), wave("c", "y")]);
    wrong(&[("/waves", early)], "$.waves[1].tags", "later waves stay empty", "last wave");
}

#[test]
fn a_failbacks_network_is_named_or_like_the_source() {
    let (subnet, groups) = (json!("subnet-0a1b2c3d4e5f60718"), json!(["sg-0a1b2c3d4e5f60718"]));
    let network = |value: Value| [("/launch/network", value)];
    right(&network(json!({ "likeSource": true })));
    right(&network(json!({ "subnetId": subnet, "securityGroupIds": groups })));
    right(&network(json!({ "likeSource": false, "subnetId": subnet, "securityGroupIds": groups })));
    for neither in
        [json!({}), json!({ "likeSource": false }), json!({ "likeSource": true, "subnetId": subnet })]
    {
        wrong(&network(neither), "$.launch.network", "exactly one", "likeSource");
    }
    for loose in [json!({ "subnetId": subnet }), json!({ "likeSource": true, "securityGroupIds": groups })] {
        wrong(&network(loose), "$.launch.network", "belong to subnetId", "1 to 5");
    }
}

#[test]
fn a_drill_is_isolated_and_leaves_nothing() {
    let path = "$.drill.network";
    let same = [("/drill/network/subnetId", json!("subnet-0a1b2c3d4e5f60718"))];
    wrong(&same, &format!("{path}.subnetId"), "same subnet", "production does not use");
    let open = [("/drill/network/securityGroupIds", json!([]))];
    wrong(&open, &format!("{path}.securityGroupIds"), "no security groups", "let nothing out");
    let kept = ("/drill/keepRecoveredServers", json!(true));
    wrong(std::slice::from_ref(&kept), "$.drill.keepRecoveredServers", "also terminate them", "to false");
    right(&[kept, ("/drill/launchRecoveredServers", json!(false))]);
}

#[test]
fn records_are_simple_names_once_each() {
    let name = |name: &str| [("/redirect/records/0/name", json!(name))];
    let label = "l".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "l".repeat(61));
    for good in ["shop.example.com", "Shop.Example.com.", "*.example.com", "_x.a-b.com", &longest] {
        right(&name(good));
    }
    let long_label = format!("{}.com", "l".repeat(64));
    let too_long = format!("l.{longest}");
    for bad in ["shop", "", "shop..com", "shop .com", &long_label, &too_long] {
        wrong(&name(bad), "$.redirect.records[0].name", "not a domain name", "full name");
    }
    wrong(
        &[("/redirect/records/0/server", json!(""))],
        "$.redirect.records[0].server",
        "empty",
        "id of its B1",
    );
    let record = complete()["redirect"]["records"][0].clone();
    let named = |n: usize| {
        let one = |i: usize| {
            let mut record = record.clone();
            record["name"] = json!(format!("shop-{i}.example.com"));
            record
        };
        (0..n).map(one).collect::<Vec<_>>()
    };
    right(&[("/redirect/records", json!(named(500)))]);
    wrong(&[("/redirect/records", json!(named(501)))], "$.redirect.records", "501 records", "at most 500");
    let mut twice = vec![record.clone(), record];
    twice[1]["name"] = json!("SHOP.example.com.");
    wrong(&[("/redirect/records", json!(twice))], "$.redirect.records[1].name", "named twice", "Remove one");
    twice[1]["zoneId"] = json!("Z0000000000OTHERZONE0");
    right(&[("/redirect/records", json!(twice))]);
}

#[test]
fn somebody_says_when_traffic_has_moved() {
    let by_hand = ("/redirect", json!({ "byHand": true }));
    let age = ("/launch/dataAgeSecondsMax", json!(1_209_600));
    right(&[by_hand.clone(), age.clone()]);
    wrong(
        std::slice::from_ref(&by_hand),
        "$.launch.dataAgeSecondsMax",
        "1 wave and the gate may take",
        "Use at least 8400",
    );
    wrong(
        &[by_hand.clone(), ("/gates", json!({ "beforeCleanup": { "timeoutMinutes": 60 } }))],
        "$.gates.beforeRedirect",
        "no person confirms",
        "timeoutMinutes",
    );
    wrong(
        &[by_hand.clone(), age.clone(), ("/gates", json!({ "beforeRedirect": { "timeoutMinutes": 60 } }))],
        "$.gates.beforeCleanup",
        "put back by hand",
        "timeoutMinutes",
    );
    let disposable = ("/drill/recoveredServersAreDisposable", json!(true));
    wrong(
        &[by_hand, age, disposable],
        "$.drill.recoveredServersAreDisposable",
        "no record shows",
        "keepRecovered",
    );
    right(&[("/gates", json!({}))]);
    wrong(&[("/redirect", json!({}))], "$.redirect", "not know when traffic has moved", "byHand");
    wrong(&[("/redirect/byHand", json!(true))], "$.redirect", "two ways", "Remove the records");
}

#[test]
fn profile_and_type_are_names_or_like_source() {
    for field in ["instanceProfile", "instanceType"] {
        let pointer = format!("/launch/{field}");
        right(&[(&pointer, json!("m5.large"))]);
        wrong(&[(&pointer, json!(" "))], &format!("$.launch.{field}"), "empty", "like-source");
    }
}

#[test]
fn what_a_plan_does_not_say_is_the_default() {
    let plan = json!({
        "name": "short",
        "regions": { "source": "us-east-1", "recovery": "us-east-2" },
        "servers": { "all": true },
        "launch": { "network": { "likeSource": true } },
        "redirect": complete()["redirect"],
        "validation": {},
        "limits": {},
    });
    let mut without = plan.clone();
    let object = without.as_object_mut().unwrap();
    object.retain(|field, _| !["limits", "validation"].contains(&field.as_str()));
    let plan = Plan::read(&plan).unwrap();
    assert_eq!(plan, Plan::read(&without).unwrap());
    assert_eq!(
        (plan.launch.instance_profile.as_str(), plan.launch.instance_type.as_str()),
        (LIKE_SOURCE, "like-source")
    );
    assert_eq!((plan.launch.relaunches_max, plan.launch.lag_seconds_max), (2, 0));
    assert!(plan.validation.status_checks && plan.validation.post_launch_actions);
    assert!(
        !plan.cleanup.terminate_originals && !plan.stop_original_replication && !plan.redirect.is_by_hand()
    );
    let limits = Limits {
        reversal_minutes: 60,
        replication_hours: 48,
        drain_minutes: 30,
        launch_minutes: 120,
        validation_minutes: 20,
        redirect_minutes: 15,
        protection_hours: 48,
        cleanup_minutes: 60,
    };
    assert_eq!(plan.limits, limits);
    assert_eq!(plan.wave_names(), ["all"]);
    assert_eq!(plan.wave_of(&Tags::new()), Some(0));
    assert_eq!(
        (plan.regions.source().as_str(), plan.regions.recovery().as_str()),
        ("us-east-1", "us-east-2")
    );
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_server_is_of_the_first_wave_whose_tags_it_all_carries() {
    let waves = json!([
        { "name": "data", "tags": { "tier": "data", "app": "shop" } },
        { "name": "web", "tags": { "tier": "web" } },
    ]);
    let plan = Plan::read(&changed(&[("/waves", waves)])).unwrap();
    assert_eq!(plan.wave_names(), ["data", "web"]);
    assert_eq!(plan.wave_of(&tags(&[("tier", "data"), ("app", "shop"), ("x", "y")])), Some(0));
    assert_eq!(plan.wave_of(&tags(&[("tier", "data")])), None);
    assert_eq!(plan.wave_of(&tags(&[("tier", "web"), ("app", "shop")])), Some(1));
}

#[test]
fn a_plan_means_all_servers_or_those_with_its_ids_or_tags() {
    let means = |servers: Value, tags: &Tags| {
        Plan::read(&changed(&[("/servers", servers)])).unwrap().means(&id(B1), tags)
    };
    let none = Tags::new();
    assert!(means(json!({ "all": true }), &none));
    assert!(means(json!({ "ids": [OTHERS, B1] }), &none));
    assert!(!means(json!({ "ids": [OTHERS] }), &none));
    assert!(means(json!({ "tags": { "app": "shop" } }), &tags(&[("app", "shop"), ("tier", "web")])));
    assert!(!means(json!({ "tags": { "app": "shop", "tier": "data" } }), &tags(&[("app", "shop")])));
    assert!(!means(json!({ "tags": { "app": "shop" } }), &tags(&[("app", "blog")])));
}

#[test]
fn each_problem_of_form_is_mended_with_an_example() {
    let mut plan = complete();
    plan["launch"]["netwrok"] = json!({});
    plan["waves"][0].as_object_mut().unwrap().remove("tags");
    plan["regions"]["source"] = json!(7);
    plan["limits"]["launchMinutes"] = json!("soon");
    let found: BTreeSet<String> = problems(&plan).iter().map(ToString::to_string).collect();
    let expect = |start: &str| assert!(found.iter().any(|one| one.starts_with(start)), "{start}: {found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");
    expect("$.launch.netwrok: unknown field. Did you mean `network`? If not, remove it");
    expect("$.waves[0].tags: missing. Add it, for example \"tags\": {\"tier\":\"data\"}");
    expect("$.regions.source: the number `7` where a text belongs");
    expect(
        "$.limits.launchMinutes: the text \"soon\" where a whole number from 0 on belongs. Write for example 120",
    );
}

#[test]
fn what_was_mended_is_not_judged_by_its_meaning() {
    // The examples used for repair are valid, so nothing is reported twice. The neighbours are still checked.
    let mut plan = complete();
    plan["regions"] = json!({ "source": "us-east-2" });
    plan["name"] = json!("");
    let paths: Vec<String> = problems(&plan).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["$.regions.recovery", "$.name"]);
    // `$.drill` was repaired as a whole: its contents are not checked.
    let mut plan = complete();
    plan["drill"] = json!(true);
    plan["launch"]["network"]["subnetId"] = json!("subnet-0f1e2d3c4b5a69788");
    let paths: Vec<String> = problems(&plan).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["$.drill"]);
    // `$.redirect.records[0]` was repaired: `$.redirect` is still checked.
    let mut plan = complete();
    plan["redirect"] = json!({ "records": [7], "byHand": true });
    let paths: Vec<String> = problems(&plan).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["$.redirect.records[0]", "$.redirect"]);
}

#[test]
fn a_hundred_problems_are_enough() {
    let mut plan = complete();
    for i in 0..150 {
        plan[format!("field{i}")] = json!(i);
    }
    assert_eq!(problems(&plan).len(), 100);
}

#[test]
fn problems_are_printed_one_a_line_with_their_number() {
    let one = Plan::read(&changed(&[("/name", json!(""))])).unwrap_err().to_string();
    assert!(one.starts_with("the plan has 1 problem\n  $.name: not 1 to 60"), "{one}");
    assert!(one.ends_with(". Choose a short name, such as shop-failback"), "{one}");
    let two = changed(&[("/name", json!("")), ("/launch/relaunchesMax", json!(11))]);
    let two = Plan::read(&two).unwrap_err().to_string();
    assert!(two.starts_with("the plan has 2 problems\n"), "{two}");
    assert_eq!(two.lines().count(), 3);
}

#[test]
fn the_reason_of_an_abort_has_1000_characters_at_most() {
    right(&[("/abort", json!("ä".repeat(1_000)))]);
    for reason in [String::new(), " ".to_owned(), "a".repeat(1_001)] {
        wrong(&[("/abort", json!(reason))], "$.abort", "not 1 to 1000 characters", "leave it out");
    }
}

#[test]
fn who_started_it_is_named_in_2048_characters_at_most() {
    right(&[("/startedBy", json!("a"))]);
    right(&[("/startedBy", json!("a".repeat(2_048)))]);
    for by in [String::new(), "a".repeat(2_049)] {
        wrong(&[("/startedBy", json!(by))], "$.startedBy", "not 1 to 2048 characters", "Leave it out");
    }
}

#[test]
fn limits_that_an_execution_cannot_reach_are_refused() {
    let said = |replication: u64, protection: u64, waves: usize| {
        let mut plan = complete();
        plan["limits"] = json!({ "replicationHours": replication, "protectionHours": protection });
        let wave = |n: usize| json!({ "name": format!("w{n}"), "tags": { "wave": n.to_string() } });
        plan["waves"] = (0..waves).map(wave).collect();
        plan["launch"]["dataAgeSecondsMax"] = json!(86_400);
        Plan::read(&plan).map_or_else(|problems| problems.0[0].to_string(), |_| String::new())
    };
    assert_eq!(said(336, 336, 10), "");
    assert_eq!(said(48, 48, 20), "");
    let refused = said(336, 336, 20);
    assert!(refused.contains("$.limits: ") && refused.contains("with 20 waves take up to"), "{refused}");
}
