//! The sweep: 200 keys.

use crate::registry::Identifying;

const LATTICES: [i64; 2] = [16, 24];
const TEMPERATURES: [f64; 10] = [1.6, 1.8, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4];
const SEEDS: i64 = 10;

/// Every key of the sweep, always in the same order.
pub(crate) fn keys() -> impl Iterator<Item = Identifying> {
    LATTICES.into_iter().flat_map(|lattice| {
        TEMPERATURES.into_iter().flat_map(move |temperature| {
            (0..SEEDS).map(move |seed| {
                Identifying::builder()
                    .lattice(lattice)
                    .temperature(temperature)
                    .seed(seed)
                    .build()
            })
        })
    })
}
