use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek, Write},
    os::fd::AsFd,
};

use calamine::{Reader, SheetVisible, Xlsx, open_workbook_from_rs};

use super::{Bounds, cells, check, most_text};

/// The name of the hidden command that [`read_sheet`] is.
pub const COMMAND: &str = "read-sheet";

/// The child's whole work: a workbook on standard input, its rows on standard output; the name of the sheet, or why there
/// are no rows, on standard error. Limits this process first: call it in one that does nothing else.
pub fn read_sheet(sheet: Option<&str>) -> Result<(), String> {
    let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let mut file = file.map_err(|e| format!("cannot read the workbook: {e}"))?;
    let n_bytes = file.metadata().map_err(|e| format!("cannot read the workbook: {e}"))?.len();
    limit(n_bytes).map_err(|e| format!("cannot limit the reader of the workbook: {e}"))?;
    check::check(BufReader::new(&mut file))?;
    file.rewind().map_err(|e| format!("cannot read the workbook: {e}"))?;
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(BufReader::new(file)).map_err(|e| format!("is not a workbook (XLSX): {e}"))?;
    let (name, note) = chosen(&workbook, sheet)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut reader =
        workbook.worksheet_cells_reader(&name).map_err(|e| format!("the sheet {name:?} cannot be read: {e}"))?;
    cells::write(&mut reader, &mut out, most_text(n_bytes))?;
    out.flush().map_err(|e| format!("cannot write the rows: {e}"))?;
    eprintln!("{note}");
    Ok(())
}

fn limit(n_bytes: u64) -> io::Result<()> {
    use rlimit::Resource;
    // The program itself is mapped into the same space, as large as its file at the most.
    let program = std::env::current_exe().and_then(std::fs::metadata).map_or(0, |file| file.len());
    let Bounds { memory, seconds, text } = Bounds::of(n_bytes);
    Resource::DATA.set(memory, memory)?;
    Resource::AS.set(memory + program, memory + program)?;
    Resource::CPU.set(seconds, seconds + 1)?;
    Resource::FSIZE.set(text, text)?;
    // A child that is stopped for its memory leaves no image of it on the disk.
    Resource::CORE.set(0, 0)
}

/// The sheet that is meant, and what to say about the choice.
fn chosen<RS: io::Read + Seek>(workbook: &Xlsx<RS>, wanted: Option<&str>) -> Result<(String, String), String> {
    let sheets = workbook.sheets_metadata();
    let names = || sheets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match wanted {
        Some(wanted) => sheets.iter().find(|s| s.name == wanted),
        None => sheets.iter().find(|s| s.visible == SheetVisible::Visible),
    };
    let Some(sheet) = found else {
        return Err(match wanted {
            Some(wanted) => format!("there is no sheet {wanted:?}; found: {}", names()),
            None => "has no sheet that can be seen".to_owned(),
        });
    };
    let others = if sheets.len() > 1 { format!(" (of: {})", names()) } else { String::new() };
    Ok((sheet.name.clone(), format!("sheet: {}{others}", sheet.name)))
}
