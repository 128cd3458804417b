//! Chance that comes out the same in each run: a hash of what it is for, no generator with a state.

/// FNV-1a over the parts, mixed well enough that neighbouring numbers give unrelated results.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // 0xff is in no UTF-8 text, so that ("ab", "c") and ("a", "bc") differ.
        for byte in part.iter().chain(&[0xff]) {
            h = (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(h)
}

/// The last step of splitmix64.
pub(crate) fn mix(mut h: u64) -> u64 {
    h = h.wrapping_add(0x9e37_79b9_7f4a_7c15);
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

/// A number from 0 up to, not including, 1.
#[allow(clippy::cast_precision_loss, reason = "only the 53 bits that a float holds are kept")]
pub(crate) fn unit(h: u64) -> f64 {
    (h >> 11) as f64 / (1_u64 << 53) as f64
}

/// A version 4 UUID.
pub(crate) fn uuid(h: u64) -> String {
    let (a, b) = (mix(h), mix(h ^ 0x5555_5555_5555_5555));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        8 + (b >> 62),
        (b >> 48) & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_even_and_repeatable() {
        let mean = (0..1000_u64).map(|i| unit(hash(&[b"x", &i.to_le_bytes()]))).sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_eq!(uuid(7), uuid(7));
        assert_ne!(uuid(7), uuid(8));
        assert_eq!(uuid(7).len(), 36);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
