use rand::random;

use super::{Access, Result, Store, backend::Query, rows::Cells};

impl Store {
    /// A text of the installation that is made by chance when somebody first asks for it, and then stays: 64 hexadecimal
    /// digits, 256 bits.
    pub(super) async fn kept(&self, name: &'static str) -> Result<String> {
        let asked = || Query::new("select value from setting where name = $1").bind(name);
        if let Some(row) = self.one(asked()).await? {
            return Cells::of("setting", &row).string(0);
        }
        let made = "insert into setting (name, value) values ($1, $2) on conflict (name) do nothing";
        let mut write = self.write().await?;
        write.is_about_nothing();
        write.execute(Query::new(made).bind(name).bind(hex::encode(random::<[u8; 32]>()))).await?;
        // Somebody else may have been quicker.
        let row = write.one(asked()).await?;
        write.commit().await?;
        row.map_or(Ok(String::new()), |row| Cells::of("setting", &row).string(0))
    }
}

impl Access<'_> {
    /// The key that signs the cursors of lists, the same in every process on this store.
    pub async fn cursor_key(&self) -> Result<String> {
        self.0.kept("cursor_key").await
    }
}
