//! G19, for what people send: whatever is imported, the program ends with a sentence, soon, and within the memory that it is
//! given; and what was asked next is answered.

use std::{
    io::{Cursor, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    doses::{ELEMENTS, IMPORT_KIB, IMPORT_SECONDS, deep, line_bytes, sheet_bytes},
    program::{eventually, vedetta},
};
use crate::intake::invoice_xml::Written;

const PARTS: [(&str, &str); 3] = [
    ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
    (
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
    ),
];
const WORKBOOK: &str = "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook whose only sheet is this.
fn sheet(xml: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = PARTS.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    parts.extend([("xl/workbook.xml", WORKBOOK.as_bytes()), ("xl/worksheets/sheet1.xml", xml)]);
    parts.extend(more);
    zipped(&parts)
}

/// The rows of a sheet.
fn data(rows: &str) -> Vec<u8> {
    let head = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";
    format!("{head}{rows}</sheetData></worksheet>").into_bytes()
}

fn text_cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// A workbook of some hundred thousand bytes that grows to hundreds of megabytes.
fn growing_sheet() -> Vec<u8> {
    let blank = vec![b' '; sheet_bytes()];
    sheet(&[data("").as_slice(), &blank].concat(), &[])
}

/// A zip whose list names one part many times.
fn overlapping() -> Vec<u8> {
    let mut bytes = sheet(&data("<row r=\"1\"/>"), &[]);
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let start = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let list = bytes[start..end].to_vec();
    let last = list.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    let mut again = list[last..].to_vec();
    let name = 46;
    again[name] = b'y';
    let tail = bytes.split_off(end);
    bytes.extend_from_slice(&again);
    let mut tail = tail;
    let n = u16::from_le_bytes([tail[10], tail[11]]) + 1;
    tail[8..10].copy_from_slice(&n.to_le_bytes());
    tail[10..12].copy_from_slice(&n.to_le_bytes());
    let size = u32::from_le_bytes([tail[12], tail[13], tail[14], tail[15]]) + u32::try_from(again.len()).unwrap();
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    [bytes, tail].concat()
}

fn many_parts(n: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("[Content_Types].xml", stored).unwrap();
    for part in 0..n {
        zip.start_file(format!("p{part}"), stored).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Workbooks that were made to hurt.
fn workbooks() -> Vec<(String, Vec<u8>)> {
    let two = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        text_cell("A1", "client"),
        text_cell("XFD1048576", "x")
    );
    let far = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        text_cell("A1", "client"),
        text_cell("A1048576", "x")
    );
    let beyond = format!("<row r=\"1\">{}</row>", text_cell("ZZZZZZZ99999999999", "x"));
    let backwards = format!("<row r=\"9\">{}</row><row r=\"1\">{}</row>", text_cell("A9", "x"), text_cell("A1", "x"));
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>";
    let remote = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY x SYSTEM \"http://127.0.0.1:9/\">]>";
    let entity = |head: &str, name: &str| {
        let rows = format!("<row r=\"1\">{}</row>", text_cell("A1", &format!("&{name};")));
        [head.as_bytes(), &data(&rows)].concat()
    };
    let shared = format!("<row r=\"1\">{}</row>", "<c r=\"A1\" t=\"s\"><v>999999999</v></c>");
    let long = "x".repeat(32_767);
    let strings =
        format!("<sst xmlns=\"x\" count=\"4000000000\" uniqueCount=\"4000000000\"><si><t>{long}</t></si></sst>");
    let inner = sheet(&data(&two), &[]);
    let cut = inner[..inner.len() / 2].to_vec();
    let nested = ["<a>".repeat(deep()), "</a>".repeat(deep())].concat();
    let attributes: String = (0..deep()).map(|n| format!(" a{n}='1'")).collect();
    let many_rows: String =
        (1..20_000).map(|n| format!("<row r=\"{n}\">{}</row>", text_cell(&format!("XFC{n}"), ""))).collect();
    let widths: String = format!("<row r=\"1\">{}</row>", (0..ELEMENTS / 20).map(|_| "<c/>").collect::<String>());
    let named = |name: &str, bytes: Vec<u8>| (format!("{name}.xlsx"), bytes);
    vec![
        named("two cells in opposite corners", inner.clone()),
        named("one cell at the end", sheet(&data(&far), &[])),
        named("a cell beyond every sheet", sheet(&data(&beyond), &[])),
        named("rows backwards", sheet(&data(&backwards), &[])),
        named("a sheet that grows", growing_sheet()),
        named("a zip in a zip", zipped(&[("a.xlsx", &inner)])),
        named("a workbook in a workbook", sheet(&inner, &[])),
        named("many parts", many_parts(30_000)),
        named("too many parts", many_parts(65_000)),
        named("parts that share bytes", overlapping()),
        named("billion laughs", sheet(&entity(laughs, "b"), &[])),
        named("external entity", sheet(&entity(external, "x"), &[])),
        named("remote entity", sheet(&entity(remote, "x"), &[])),
        named("a text that is not there", sheet(&data(&shared), &[])),
        named("announced texts", sheet(&data(&shared), &[("xl/sharedStrings.xml", strings.as_bytes())])),
        named("deep sheet", sheet(nested.as_bytes(), &[])),
        named("attributes", sheet(format!("<worksheet{attributes}/>").as_bytes(), &[])),
        named("far columns", sheet(&data(&many_rows), &[])),
        named("cells without a place", sheet(&data(&widths), &[])),
        named("no sheet", zipped(&[("[Content_Types].xml", b"<Types/>")])),
        named("a sheet that ends early", sheet(b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1", &[])),
        named("cut off", cut),
        named("only a head", b"PK\x03\x04".to_vec()),
        named("noise behind a head", [b"PK\x03\x04".to_vec(), noise(4_096)].concat()),
        named("not xml", sheet(&noise(4_096), &[])),
        named("wide without a mark", sheet(&wide(&data(&two)), &[])),
        named("zeros", sheet(&vec![0; ELEMENTS], &[])),
    ]
}

fn noise(n: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..n).map(|_| next()).collect()
}

fn wide(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Electronic invoices and their envelopes.
fn invoices() -> Vec<(String, Vec<u8>)> {
    let good = Written::default().file();
    let with_head = |head: &str, name: &str| {
        good.replacen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", head, 1).replace("12/2026", name)
    };
    let lol = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)));
    let laughs = format!("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY l0 \"lol\">{}]>", lol.collect::<String>());
    let external = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY y SYSTEM \"http://127.0.0.1:9/\">]>";
    let attributes: String = (0..deep()).map(|n| format!(" a{n}='1'")).collect();
    let envelope =
        |rest: &[u8]| [b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80".as_slice(), rest].concat();
    let long = [b"\x30\x84\x7f\xff\xff\xff\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02".as_slice(), &[0; 64]].concat();
    let xml = |name: &str, text: String| (format!("{name}.xml"), text.into_bytes());
    let p7m = |name: &str, bytes: Vec<u8>| (format!("{name}.xml.p7m"), bytes);
    let mut zip = many_parts(20_000);
    zip.truncate(zip.len() - 10);
    vec![
        xml("laughing invoice", with_head(&laughs, "&l9;")),
        xml("curious invoice", with_head(external, "&x;&y;")),
        xml("deep invoice", ["<FatturaElettronica>".to_owned(), "<a>".repeat(deep())].concat()),
        xml("attributes of an invoice", format!("<FatturaElettronica{attributes}/>")),
        xml("many bodies", good.replace("</p:FatturaElettronica>", &"<FatturaElettronicaBody/>".repeat(600_000))),
        xml("an invoice that is cut off", good.chars().take(good.len() / 2).collect()),
        xml("a number of megabytes", good.replace("12/2026", &"9".repeat(ELEMENTS))),
        xml("an amount of megabytes", good.replace("1000.00", &"9".repeat(ELEMENTS))),
        xml("no invoice", "<html/>".to_owned()),
        xml("nothing", String::new()),
        ("zeros.xml".to_owned(), [b"<".to_vec(), vec![0; ELEMENTS]].concat()),
        ("wide.xml".to_owned(), [b"<\0".to_vec(), wide(good.as_bytes())].concat()),
        (
            "not utf-8.xml".to_owned(),
            good.replace("Valdossa", "\u{fffd}")
                .into_bytes()
                .into_iter()
                .map(|b| if b == 0xbf { 0xff } else { b })
                .collect(),
        ),
        p7m("garbage", noise(4_096)),
        p7m("nothing signed", Vec::new()),
        p7m("an open envelope", envelope(&[])),
        p7m("envelopes in envelopes", envelope(&[0x30, 0x80].repeat(deep()))),
        p7m("an envelope of gigabytes", long),
        p7m("base 64 of nothing", b"MIAGCSqGSIb3DQEHAqCA".repeat(1_000)),
        ("broken.zip".to_owned(), zip),
    ]
}

/// Tables, and files of banks.
fn others() -> Vec<(&'static str, String, Vec<u8>)> {
    let head = b"client,invoice,issued_on,amount\n".to_vec();
    let camt = |inside: &str| {
        let space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02";
        format!("<Document xmlns=\"{space}\"><BkToCstmrStmt><Stmt>{inside}").into_bytes()
    };
    let attributes: String = (0..deep()).map(|n| format!(" a{n}='1'")).collect();
    let table = |name: &str, bytes: Vec<u8>| ("invoices", format!("{name}.csv"), bytes);
    let bank = |name: &str, bytes: Vec<u8>| ("payments", format!("{name}.camt.xml"), bytes);
    vec![
        table("one line", [head.clone(), vec![b'x'; line_bytes()]].concat()),
        table("an open quote", [head.clone(), b"\"".to_vec(), b"a,b\n".repeat(ELEMENTS)].concat()),
        table("nul", [head.clone(), vec![0; ELEMENTS]].concat()),
        table("wide without a mark", wide(&head)),
        table("not utf-8", [head.clone(), noise(ELEMENTS)].concat()),
        table("only delimiters", [head, b",".repeat(ELEMENTS * 4)].concat()),
        table("gzip", vec![0x1f, 0x8b, 8, 0]),
        bank("deep", camt(&["<Ntry>".to_owned(), "<a>".repeat(deep())].concat())),
        bank("deep outside", camt(&"<Stmt>".repeat(deep()))),
        bank("a tag without an end", camt(&format!("<Ntry {}", "x".repeat(8 << 20)))),
        bank("a text without an end", camt(&format!("<Ntry><Amt>{}", "9".repeat(8 << 20)))),
        bank("attributes", camt(&format!("<Ntry{attributes}/>"))),
        bank("laughs", b"<!DOCTYPE l [<!ENTITY a \"lol\">]><Document/>".to_vec()),
        bank("another message", b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\"/>".to_vec()),
        bank("many elements", camt(&["<Ntry>".to_owned(), "<a/>".repeat(600_000)].concat())),
    ]
}

/// How an import ended: its code, and what it said.
fn ended(folder: &Path, what: &str, file: &Path) -> (Option<i32>, String) {
    let program = vedetta(&folder.join("data"));
    let limited =
        format!("ulimit -d {IMPORT_KIB}; ulimit -t {IMPORT_SECONDS}; exec \"$0\" --data \"$3\" import \"$1\" \"$2\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).arg(program.get_program()).arg(what).arg(file).arg(folder.join("data"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn g19_every_file_that_was_made_to_hurt_ends_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let bombs =
        workbooks().into_iter().chain(invoices()).map(|(name, bytes)| ("invoices", name, bytes)).chain(others());
    let mut n_tried = 0;
    for (what, name, bytes) in bombs {
        let file = folder.path().join(&name);
        std::fs::write(&file, bytes).unwrap();
        let (code, said) = ended(folder.path(), what, &file);
        assert!(matches!(code, Some(1 | 3)), "{name}: {code:?} {said}");
        assert!(!said.trim().is_empty() && said.len() < 20_000 && !said.contains("panicked"), "{name}: {said}");
        std::fs::remove_file(&file).unwrap();
        n_tried += 1;
    }
    assert!(n_tried >= 60, "{n_tried}");
    let good = folder.path().join("good.csv");
    std::fs::write(&good, "client,name\nC1,Valdossa\n").unwrap();
    assert_eq!(ended(folder.path(), "clients", &good).0, Some(0), "and what is asked next is answered");
}

/// A line of what the system says of a process, in KiB.
fn of_process(child: &Child, file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(if line.contains("bytes") { number / 1024 } else { number })
}

#[tokio::test]
async fn g19_who_reads_a_workbook_may_use_256_mib_and_uses_less() {
    const ALLOWED_KIB: u64 = 256 * 1024;
    // More text than a pipe holds: whoever reads it waits in the middle of it, and can be looked at.
    let rows: String =
        (1..20_000).map(|n| format!("<row r=\"{n}\">{}</row>", text_cell(&format!("A{n}"), &"x".repeat(60)))).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.xlsx");
    std::fs::write(&file, sheet(&data(&rows), &[])).unwrap();
    let mut command = vedetta(&folder.path().join("data"));
    command.arg("read-sheet").stdin(std::fs::File::open(&file).unwrap());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let limited = eventually("it limits itself", async || {
        of_process(&child, "limits", "Max data size").filter(|kib| *kib <= ALLOWED_KIB)
    });
    assert_eq!(limited.await, ALLOWED_KIB);
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_vedetta")).unwrap().len() / 1024;
    let addresses = of_process(&child, "limits", "Max address space").unwrap();
    assert!(addresses <= ALLOWED_KIB + program + 1, "{addresses}: what is beyond is the program's own file");
    let mut out = child.stdout.take().unwrap();
    let mut text = Vec::new();
    std::io::Read::read_exact(&mut out, &mut [0; 1]).unwrap();
    let used = of_process(&child, "status", "VmHWM:").unwrap();
    assert!(used <= ALLOWED_KIB, "{used} KiB");
    std::io::Read::read_to_end(&mut out, &mut text).unwrap();
    assert!(child.wait().unwrap().success());
}
