//! Route 53's answers.

use failback_core::cloud::{ChangeStatus, RecordType, Route53};

use super::{Answer, Canned};

fn set(name: &str, kind: &str, more: &str) -> String {
    format!("<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type>{more}</ResourceRecordSet>")
}

fn page(sets: &[String], next: &str) -> Answer {
    let truncated = !next.is_empty();
    Answer::ok(format!(
        "<ListResourceRecordSetsResponse><ResourceRecordSets>{}</ResourceRecordSets>\
         <IsTruncated>{truncated}</IsTruncated>{next}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>",
        sets.concat()
    ))
}

const VALUES: &str = "<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>10.0.0.1</Value></ResourceRecord>\
    <ResourceRecord><Value>10.0.0.2</Value></ResourceRecord></ResourceRecords>";

#[tokio::test]
async fn a_listing_ends_where_the_name_ends() {
    let canned = Canned::new([page(
        &[set("app.example.com.", "A", VALUES), set("b.example.com.", "A", VALUES)],
        "<NextRecordName>c.example.com.</NextRecordName><NextRecordType>A</NextRecordType>",
    )]);
    let zone = "Z0123".parse().unwrap();
    let found = canned.aws().record_sets(&zone, "App.example.com", RecordType::A).await.unwrap();
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((only.name.as_str(), only.ttl_seconds), ("app.example.com.", Some(60)));
    assert_eq!(only.values, ["10.0.0.1", "10.0.0.2"]);
    let asked = canned.asked();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].uri.contains("/hostedzone/Z0123/rrset?name=app.example.com.&type=A"),
        "{}",
        asked[0].uri
    );
}

#[tokio::test]
async fn other_types_of_the_name_are_not_its_record() {
    let canned = Canned::new([page(&[set("app.example.com.", "AAAA", VALUES)], "")]);
    let zone = "Z0123".parse().unwrap();
    assert!(canned.aws().record_sets(&zone, "app.example.com.", RecordType::A).await.unwrap().is_empty());
}

#[tokio::test]
async fn sets_with_identifiers_go_on_over_pages() {
    let weighted =
        |id: &str| set("\\052.example.com.", "A", &format!("<SetIdentifier>{id}</SetIdentifier>{VALUES}"));
    let next = "<NextRecordName>\\052.example.com.</NextRecordName><NextRecordType>A</NextRecordType>\
                <NextRecordIdentifier>blue</NextRecordIdentifier>";
    let alias = set(
        "\\052.example.com.",
        "A",
        "<AliasTarget><HostedZoneId>Z1</HostedZoneId><DNSName>x.</DNSName>\
                <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
    );
    let canned = Canned::new([page(&[weighted("green")], next), page(&[weighted("blue"), alias], "")]);
    let zone = "Z0123".parse().unwrap();
    let found = canned.aws().record_sets(&zone, "*.example.com", RecordType::A).await.unwrap();
    let ids: Vec<_> = found.iter().map(|set| set.set_identifier.as_deref()).collect();
    assert_eq!(ids, [Some("green"), Some("blue"), None]);
    assert!(found.iter().all(|set| set.name == "*.example.com."));
    assert_eq!((found[2].ttl_seconds, found[2].values.len()), (None, 0));
    assert!(canned.asked()[1].uri.contains("identifier=blue"), "{}", canned.asked()[1].uri);
}

/// One call shows all names of a page. A name that goes on in the next page is not whole, so it is left out.
#[tokio::test]
async fn a_page_shows_whole_names() {
    let sets = [
        set("app.example.com.", "A", VALUES),
        set("app.example.com.", "AAAA", VALUES),
        set("app.example.com.", "TXT", VALUES),
        set("b.example.com.", "A", VALUES),
        set("c.example.com.", "A", VALUES),
    ];
    let next = "<NextRecordName>c.example.com.</NextRecordName><NextRecordType>AAAA</NextRecordType>";
    let canned = Canned::new([page(&sets, next)]);
    let zone = "Z0123".parse().unwrap();
    let found = canned.aws().record_page(&zone, "app.example.com").await.unwrap();
    let shown: Vec<_> = found.iter().map(|set| (set.name.as_str(), set.kind.as_str())).collect();
    assert_eq!(shown, [("app.example.com.", "A"), ("app.example.com.", "AAAA"), ("b.example.com.", "A")]);
    let weighted =
        |id: &str| set("app.example.com.", "A", &format!("<SetIdentifier>{id}</SetIdentifier>{VALUES}"));
    let next = "<NextRecordName>app.example.com.</NextRecordName><NextRecordType>A</NextRecordType>\
                <NextRecordIdentifier>blue</NextRecordIdentifier>";
    let canned = Canned::new([page(&[weighted("green")], next), page(&[weighted("blue")], "")]);
    assert_eq!(
        canned.aws().record_page(&zone, "app.example.com").await.unwrap().len(),
        2,
        "the first name is whole"
    );
}

#[tokio::test]
async fn a_change_is_asked_for_by_its_bare_id() {
    let change = |status: &str| {
        let info = format!(
            "<Id>/change/C123</Id><Status>{status}</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt>"
        );
        Answer::ok(format!("<GetChangeResponse><ChangeInfo>{info}</ChangeInfo></GetChangeResponse>"))
    };
    let canned = Canned::new([change("PENDING"), change("INSYNC")]);
    let (aws, id) = (canned.aws(), "C123".parse().unwrap());
    assert_eq!(aws.change_status(&id).await.unwrap(), ChangeStatus::Pending);
    assert_eq!(aws.change_status(&id).await.unwrap(), ChangeStatus::InSync);
    assert!(canned.asked()[0].uri.ends_with("/2013-04-01/change/C123"), "{}", canned.asked()[0].uri);
    assert_eq!(crate::read::route53::change_id("/change/C123"), Some(id));
}
