//! Many rows written to a PostgreSQL server as one stream of text (COPY) instead of statements with a place for each value.

use sqlx::PgConnection;

use super::{Query, Value, query::without_zeros};
use crate::store::Result;

/// Rows from which on a stream is worth its round trips.
pub(super) const WORTH_A_STREAM: usize = 200;
/// Bytes gathered before they are sent.
const PIECE: usize = 1 << 20;

/// Writes all rows that `insert into TABLE (COLUMNS)` would; all of them or none.
pub(super) async fn copy<T>(
    to: &mut PgConnection,
    insert: &str,
    rows: &[T],
    bind: impl Fn(Query, &T) -> Query,
) -> Result<()> {
    let table = insert.trim_start().strip_prefix("insert into ").unwrap_or(insert);
    let mut stream = to.copy_in_raw(&format!("copy {table} from stdin")).await?;
    let mut piece = Vec::with_capacity(PIECE + PIECE / 8);
    for row in rows {
        write_row(&mut piece, bind(Query::new(""), row).into_values());
        if piece.len() >= PIECE {
            stream.send(&piece[..]).await?;
            piece.clear();
        }
    }
    stream.send(&piece[..]).await?;
    stream.finish().await?;
    Ok(())
}

/// A line of COPY's text format (<https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format").
fn write_row(line: &mut Vec<u8>, values: impl Iterator<Item = Value>) {
    for (place, value) in values.enumerate() {
        if place > 0 {
            line.push(b'\t');
        }
        match value {
            Value::Int(Some(int)) => line.extend_from_slice(int.to_string().as_bytes()),
            // The shortest digits that give the same number back; infinities and NaN are spelled as the server reads them.
            Value::Float(Some(float)) => line.extend_from_slice(format!("{float:?}").as_bytes()),
            Value::Text(Some(text)) => write_text(line, &without_zeros(text)),
            Value::Bytes(Some(bytes)) => {
                line.extend_from_slice(br"\\x");
                line.extend_from_slice(hex::encode(bytes).as_bytes());
            }
            Value::Int(None) | Value::Float(None) | Value::Text(None) | Value::Bytes(None) => {
                line.extend_from_slice(br"\N");
            }
        }
    }
    line.push(b'\n');
}

fn write_text(line: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => line.extend_from_slice(br"\\"),
            b'\t' => line.extend_from_slice(br"\t"),
            b'\n' => line.extend_from_slice(br"\n"),
            b'\r' => line.extend_from_slice(br"\r"),
            other => line.push(other),
        }
    }
}
