//! The simulation: spins on a square lattice that turn at random, more often when it is hot (Metropolis et al. 1953).
//!
//! What enters: size, temperature, length and seed. What leaves: means of the second half. It knows nothing of wallow,
//! and the same numbers give the same result on any machine.

/// Sides that are simulated: 2 to this.
const LARGEST: u16 = 1000;

/// What was measured, per spin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) magnetisation: f64,
    pub(crate) energy: f64,
}

/// Lets a lattice settle for half of the sweeps, and measures it in the other half.
///
/// # Errors
/// If there is no such lattice, temperature or number of sweeps.
pub(crate) fn simulate(
    side: i64,
    temperature: f64,
    sweeps: i64,
    seed: i64,
) -> Result<Measured, String> {
    let Some(side) = u16::try_from(side)
        .ok()
        .filter(|side| (2..=LARGEST).contains(side))
    else {
        return Err(format!(
            "a lattice of {side} spins: 2 to {LARGEST} is possible"
        ));
    };
    if temperature.is_nan() || temperature <= 0.0 {
        return Err(format!(
            "a temperature of {temperature}: it has to be above 0"
        ));
    }
    if sweeps < 2 {
        return Err(format!("{sweeps} sweeps: it takes at least 2"));
    }
    let seed = seed.cast_unsigned() ^ temperature.to_bits().rotate_left(17) ^ u64::from(side);
    let mut lattice = Lattice::cold(side.into(), temperature, fastrand::Rng::with_seed(seed));
    for _ in 0..sweeps / 2 {
        lattice.sweep();
    }
    let (mut magnetisation, mut energy, mut count) = (0.0, 0.0, 0.0);
    for _ in sweeps / 2..sweeps {
        lattice.sweep();
        magnetisation += f64::from(lattice.magnetisation().abs());
        energy += f64::from(lattice.energy());
        count += f64::from(side).powi(2);
    }
    Ok(Measured {
        magnetisation: magnetisation / count,
        energy: energy / count,
    })
}

struct Lattice {
    side: usize,
    /// Row after row, +1 or -1.
    spins: Vec<i32>,
    /// The chance of a turn that costs an energy of 4, and of 8.
    chances: [f64; 2],
    random: fastrand::Rng,
}

impl Lattice {
    /// All spins point the same way.
    fn cold(side: usize, temperature: f64, random: fastrand::Rng) -> Self {
        Lattice {
            side,
            spins: vec![1; side * side],
            chances: [4.0, 8.0].map(|cost: f64| (-cost / temperature).exp()),
            random,
        }
    }

    /// Every spin may turn once.
    fn sweep(&mut self) {
        for row in 0..self.side {
            let (above, below) = self.neighbours(row);
            for column in 0..self.side {
                let (left, right) = self.neighbours(column);
                let here = row * self.side + column;
                let around = self.spins[above * self.side + column]
                    + self.spins[below * self.side + column]
                    + self.spins[row * self.side + left]
                    + self.spins[row * self.side + right];
                let turns = match 2 * self.spins[here] * around {
                    4 => self.random.f64() < self.chances[0],
                    8 => self.random.f64() < self.chances[1],
                    _ => true,
                };
                if turns {
                    self.spins[here] = -self.spins[here];
                }
            }
        }
    }

    /// The places before and after: the edges meet.
    fn neighbours(&self, place: usize) -> (usize, usize) {
        let before = if place == 0 { self.side } else { place } - 1;
        let after = if place + 1 == self.side { 0 } else { place + 1 };
        (before, after)
    }

    fn magnetisation(&self) -> i32 {
        self.spins.iter().sum()
    }

    /// Each pair counts once: with the spin below, and the one to the right.
    fn energy(&self) -> i32 {
        let mut energy = 0;
        for row in 0..self.side {
            let (_, below) = self.neighbours(row);
            for column in 0..self.side {
                let (_, right) = self.neighbours(column);
                let here = self.spins[row * self.side + column];
                energy -= here
                    * (self.spins[below * self.side + column]
                        + self.spins[row * self.side + right]);
            }
        }
        energy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Onsager (1944), Yang (1952): the magnetisation of an infinite lattice.
    fn exact(temperature: f64) -> f64 {
        (1.0 - (2.0 / temperature).sinh().powi(-4)).powf(0.125)
    }

    #[test]
    fn a_cold_lattice_is_magnetic_as_theory_says() {
        for temperature in [1.6, 2.0] {
            let measured = simulate(24, temperature, 10_000, 0).unwrap();
            let error = (measured.magnetisation - exact(temperature)).abs();
            assert!(error < 0.01, "{temperature}: {measured:?}");
        }
    }

    #[test]
    fn a_hot_lattice_is_not() {
        let measured = simulate(24, 3.4, 10_000, 0).unwrap();
        assert!(measured.magnetisation < 0.2, "{measured:?}");
        assert!(measured.energy > -1.0, "{measured:?}");
    }

    #[test]
    fn the_same_numbers_give_the_same_result() {
        let run = || simulate(8, 2.2, 100, 7).unwrap();
        assert_eq!(run(), run());
        assert_ne!(run(), simulate(8, 2.2, 100, 8).unwrap());
    }

    #[test]
    fn what_cannot_be_simulated_is_an_error() {
        assert!(simulate(1, 2.0, 10, 0).is_err());
        assert!(simulate(8, 0.0, 10, 0).is_err());
        assert!(simulate(8, f64::NAN, 10, 0).is_err());
        assert!(simulate(8, 2.0, 1, 0).is_err());
    }
}
