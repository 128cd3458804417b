//! Numbers that look random, but are the same in each run. Each is a hash of its purpose, so that clones
//! of an execution need not share a generator.

/// Returns the FNV-1a hash of the parts, mixed so that neighboring numbers give unrelated results.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // UTF-8 text never has the byte 0xff, so ("ab", "c") and ("a", "bc") give different hashes.
        for byte in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(hash)
}

/// Returns the number after one step of splitmix64.
pub(crate) fn mix(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Maps a hash to a number from 0 up to, but not including, 1.
#[allow(clippy::cast_precision_loss, reason = "only the 53 bits that a float holds are kept")]
pub(crate) fn fraction(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// Maps a hash to a version 4 UUID.
pub(crate) fn uuid(hash: u64) -> String {
    let (high, low) = (mix(hash), mix(hash ^ 0x5555_5555_5555_5555));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        // The variant of RFC 9562: the two highest bits are 1 and 0.
        8 + (low >> 62),
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_evenly_distributed_and_repeatable() {
        let mean = (0..1000_u64).map(|i| fraction(hash(&[b"x", &i.to_le_bytes()]))).sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_eq!(uuid(7), uuid(7));
        assert_ne!(uuid(7), uuid(8));
        assert_eq!(uuid(7).len(), 36);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
