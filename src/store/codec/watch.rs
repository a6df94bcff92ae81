use super::{Flaw, Reader, Writer};
use crate::domain::{Cohort, Observed, Scoreboard};

pub(in crate::store) fn write_cohort(out: &mut Writer, cohort: &Cohort) {
    out.signed(cohort.run);
    out.day(cohort.valid_at);
    out.signed(cohort.days.into());
    out.size(cohort.grades.len());
    for Observed { n, bad, expected } in &cohort.grades {
        out.unsigned(*n);
        out.unsigned(*bad);
        out.float(*expected);
    }
}

pub(in crate::store) fn read_cohort(bytes: &mut Reader<'_>) -> Result<Cohort, Flaw> {
    let (run, valid_at) = (bytes.signed()?, bytes.day()?);
    let days = i32::try_from(bytes.signed()?).map_err(|_| "a number of days out of range")?;
    let n = bytes.n_items()?;
    let mut observed =
        || Ok::<_, Flaw>(Observed { n: bytes.unsigned()?, bad: bytes.unsigned()?, expected: bytes.float()? });
    let grades = (0..n).map(|_| observed()).collect::<Result<_, _>>()?;
    Ok(Cohort { run, valid_at, days, grades })
}

pub(in crate::store) fn write_board(out: &mut Writer, board: &Scoreboard) {
    let Scoreboard { made, in_force, better, worse, right, wrong, open } = *board;
    [made, in_force, better, worse, right, wrong, open].into_iter().for_each(|n| out.unsigned(n));
}

pub(in crate::store) fn read_board(bytes: &mut Reader<'_>) -> Result<Scoreboard, Flaw> {
    let mut next = || bytes.unsigned();
    Ok(Scoreboard {
        made: next()?,
        in_force: next()?,
        better: next()?,
        worse: next()?,
        right: next()?,
        wrong: next()?,
        open: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Reader, Writer, read_board, read_cohort, write_board, write_cohort};
    use crate::domain::{Cohort, Observed, Scoreboard};

    #[test]
    fn what_became_of_a_cohort_and_of_decisions_is_read_again() {
        let grades = vec![Observed { n: 70_000, bad: 3, expected: 2.75 }, Observed::default()];
        let cohort = Cohort { run: 12, valid_at: jiff::civil::date(2025, 11, 20), days: 365, grades };
        let board = Scoreboard { made: 9, in_force: 2, better: 5, worse: 4, right: 3, wrong: 1, open: 5 };
        let mut out = Writer::default();
        write_cohort(&mut out, &cohort);
        write_board(&mut out, &board);
        let mut bytes = Reader::new(&out.bytes);
        assert_eq!(read_cohort(&mut bytes).unwrap(), cohort);
        assert_eq!(read_board(&mut bytes).unwrap(), board);
        assert!(bytes.is_empty() && read_board(&mut bytes).is_err());
    }
}
