//! Reading records in as few calls as possible: Route 53 answers five calls a second for all of an account, and a fleet may
//! have hundreds of records.

use std::collections::BTreeMap;

use crate::at_once::{Pace, patiently};
use crate::cloud::{Cloud, RecordSet, RecordType, record_name};
use crate::error::Result;
use crate::id::HostedZoneId;
use crate::plan::Record;

/// Reads the sets of one type of every record, in order. A page of a zone shows the sets of all names in it, so that only a
/// name which is in no page yet costs a call.
///
/// # Errors
/// Those of AWS.
pub async fn read_records(
    cloud: &dyn Cloud,
    records: &[Record],
    kind: RecordType,
) -> Result<Vec<Vec<RecordSet>>> {
    let wanted: Vec<(&HostedZoneId, String)> =
        records.iter().map(|record| (&record.zone_id, record_name(&record.name))).collect();
    let mut in_order = wanted.clone();
    in_order.sort_by_cached_key(|(zone, name)| ((*zone).clone(), place(name)));
    let mut known: BTreeMap<(&HostedZoneId, String), Vec<RecordSet>> = BTreeMap::new();
    for (zone, from) in in_order {
        if known.contains_key(&(zone, from.clone())) {
            continue;
        }
        let read = |from| cloud.record_page(zone, from);
        let page = patiently(cloud, &Pace::default(), from.as_str(), &read).await?;
        let mut sets: BTreeMap<String, Vec<RecordSet>> = BTreeMap::new();
        for set in page {
            sets.entry(record_name(&set.name)).or_default().push(set);
        }
        sets.entry(from).or_default();
        known.extend(sets.into_iter().map(|(name, sets)| ((zone, name), sets)));
    }
    let of = |key| known.get(&key).into_iter().flatten().filter(|set| set.kind == kind).cloned().collect();
    Ok(wanted.into_iter().map(of).collect())
}

/// Returns the place of a name in a zone: Route 53 sorts by the labels from the last on.
fn place(name: &str) -> Vec<String> {
    name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect()
}
