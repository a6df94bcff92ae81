//! Parts of invented names. Put together they give tens of thousands of companies that do not exist.

/// A place where companies sit.
pub(super) struct Town {
    /// Its name.
    pub(super) name: &'static str,
    /// Province, county or department.
    pub(super) region: &'static str,
    /// First part of its postal codes.
    pub(super) post: &'static str,
    /// Italian cadastral code, for tax codes of persons; empty elsewhere.
    pub(super) cadastre: &'static str,
}

const fn town(name: &'static str, region: &'static str, post: &'static str, cadastre: &'static str) -> Town {
    Town { name, region, post, cadastre }
}

pub(super) const ITALIAN_TOWNS: [Town; 16] = [
    town("Brescia", "BS", "251", "B157"),
    town("Bergamo", "BG", "241", "A794"),
    town("Vicenza", "VI", "361", "L840"),
    town("Padova", "PD", "351", "G224"),
    town("Modena", "MO", "411", "F257"),
    town("Verona", "VR", "371", "L781"),
    town("Parma", "PR", "431", "G337"),
    town("Ancona", "AN", "601", "A271"),
    town("Treviso", "TV", "311", "L407"),
    town("Novara", "NO", "281", "F952"),
    town("Prato", "PO", "591", "G999"),
    town("Varese", "VA", "211", "L682"),
    town("Udine", "UD", "331", "L483"),
    town("Reggio nell'Emilia", "RE", "421", "H223"),
    town("Biella", "BI", "139", "A859"),
    town("Forlì", "FC", "471", "D704"),
];

pub(super) const BRITISH_TOWNS: [Town; 10] = [
    town("Leeds", "West Yorkshire", "LS1", ""),
    town("Bolton", "Greater Manchester", "BL1", ""),
    town("Derby", "Derbyshire", "DE2", ""),
    town("Stoke-on-Trent", "Staffordshire", "ST4", ""),
    town("Coventry", "West Midlands", "CV3", ""),
    town("Swindon", "Wiltshire", "SN2", ""),
    town("Hull", "East Yorkshire", "HU3", ""),
    town("Preston", "Lancashire", "PR2", ""),
    town("Leicester", "Leicestershire", "LE4", ""),
    town("Sunderland", "Tyne and Wear", "SR5", ""),
];

pub(super) const FRENCH_TOWNS: [Town; 9] = [
    town("Lyon", "69", "690", ""),
    town("Roubaix", "59", "591", ""),
    town("Angers", "49", "490", ""),
    town("Saint-Étienne", "42", "420", ""),
    town("Mulhouse", "68", "681", ""),
    town("Limoges", "87", "870", ""),
    town("Troyes", "10", "100", ""),
    town("Valence", "26", "260", ""),
    town("Le Mans", "72", "720", ""),
];

pub(super) const ITALIAN_STREETS: [&str; 8] = [
    "Via dell'Artigianato",
    "Via dell'Industria",
    "Via del Lavoro",
    "Via dei Mulini",
    "Via delle Fornaci",
    "Viale della Stazione",
    "Via San Rocco",
    "Via del Commercio",
];
pub(super) const BRITISH_STREETS: [&str; 6] =
    ["Foundry Lane", "Canal Road", "Mill Street", "Station Approach", "Wharf Way", "Kiln Close"];
pub(super) const FRENCH_STREETS: [&str; 6] = [
    "rue de la Gare",
    "rue des Tanneurs",
    "avenue de l'Industrie",
    "rue du Moulin",
    "zone des Forges",
    "quai du Canal",
];

pub(super) const ITALIAN_ROOTS: [&str; 40] = [
    "Valdo", "Brenta", "Corvi", "Lamber", "Sarno", "Tredo", "Monta", "Galde", "Ferro", "Astre", "Belmo", "Castru",
    "Dorga", "Elvi", "Fiumi", "Gramo", "Ildo", "Lusi", "Marze", "Nerva", "Olmi", "Pravi", "Quarte", "Rovi", "Solda",
    "Tasso", "Urba", "Verzo", "Zanvi", "Ardi", "Bosche", "Camu", "Drovi", "Erbu", "Frassi", "Giunta", "Larne", "Mirto",
    "Nocce", "Ponte",
];
pub(super) const ITALIAN_TAILS: [&str; 24] = [
    "lana", "ssola", "vento", "mira", "dello", "rino", "stella", "gona", "prato", "lupo", "mare", "nzano", "gallo",
    "rossa", "tura", "bruna", "vico", "sera", "dora", "lonte", "nessa", "pieve", "quila", "zolo",
];
pub(super) const BRITISH_ROOTS: [&str; 32] = [
    "Harrow", "Castle", "Brann", "Oak", "Del", "North", "Pent", "Kestrel", "Fallow", "Dun", "Marl", "Ash", "Thorn",
    "Wend", "Hazel", "Cresk", "Elder", "Fenn", "Garth", "Holm", "Ingle", "Keld", "Lark", "Mossen", "Nether", "Orrel",
    "Pendle", "Quarn", "Rusk", "Skel", "Tarn", "Whin",
];
pub(super) const BRITISH_TAILS: [&str; 20] = [
    "more", "field", "wick", "stead", "combe", "holt", "burn", "shaw", "leigh", "worth", "mere", "gate", "thwaite",
    "dale", "hurst", "bridge", "ridge", "croft", "well", "brook",
];
pub(super) const FRENCH_ROOTS: [&str; 28] = [
    "Aubre", "Belle", "Cler", "Dormi", "Estre", "Faverol", "Grandi", "Haute", "Jolive", "Lamor", "Marsan", "Nerval",
    "Orme", "Perri", "Quenne", "Rocha", "Sauve", "Tourne", "Vauber", "Yvre", "Brissa", "Chante", "Dauve", "Florem",
    "Guime", "Lorve", "Montre", "Vermei",
];
pub(super) const FRENCH_TAILS: [&str; 18] = [
    "val", "court", "mont", "ville", "bois", "sac", "ligny", "range", "teuil", "fontaine", "gnac", "zelle", "rive",
    "lières", "nay", "pierre", "roche", "tigny",
];

pub(super) const SURNAMES: [&str; 24] = [
    "Bersani",
    "Coltrinari",
    "Davolio",
    "Ermacora",
    "Fantelli",
    "Gualdoni",
    "Lantieri",
    "Mazzolari",
    "Nardelli",
    "Orsolini",
    "Pasqualotto",
    "Quaranta",
    "Ravagli",
    "Scarsella",
    "Tabarroni",
    "Ubaldini",
    "Valmori",
    "Zambelli",
    "Brusadin",
    "Corazzola",
    "Fregnani",
    "Gherlone",
    "Marchiori",
    "Sartorelli",
];
pub(super) const FIRST_NAMES: [(&str, bool); 16] = [
    ("Mario", false),
    ("Giulia", true),
    ("Luca", false),
    ("Elena", true),
    ("Stefano", false),
    ("Chiara", true),
    ("Davide", false),
    ("Paola", true),
    ("Roberto", false),
    ("Silvia", true),
    ("Andrea", false),
    ("Marta", true),
    ("Fabio", false),
    ("Laura", true),
    ("Enrico", false),
    ("Monica", true),
];

/// A NACE Rev. 2 division: its weight among clients, classes in it, and what a company of the trade calls itself.
pub(super) struct Trade {
    /// Its weight among clients.
    pub(super) weight: f64,
    /// Classes.
    pub(super) classes: &'static [&'static str],
    /// Words of Italian, English and French names.
    pub(super) italian: &'static [&'static str],
    pub(super) english: &'static [&'static str],
    pub(super) french: &'static [&'static str],
    /// What the press calls the market, in Italian and English.
    pub(super) market: (&'static str, &'static str),
}

macro_rules! trade {
    ($weight:literal, $classes:expr, $it:expr, $en:expr, $fr:expr, $market:expr) => {
        Trade { weight: $weight, classes: &$classes, italian: &$it, english: &$en, french: &$fr, market: $market }
    };
}

/// Number of rows of [`TRADES`].
pub(super) const N_TRADES: usize = 15;

#[rustfmt::skip]
pub(super) const TRADES: [Trade; N_TRADES] = [
    trade!(0.09, ["10.13", "10.71", "10.51"], ["Alimentari", "Salumificio", "Dolciaria"], ["Foods", "Bakery"], ["Conserverie", "Biscuiterie"], ("Alimentare", "food")),
    trade!(0.07, ["13.10", "13.20", "13.30"], ["Tessitura", "Filatura", "Tintoria"], ["Textiles", "Yarns"], ["Tissages", "Filature"], ("Tessile", "textile")),
    trade!(0.06, ["14.13", "14.14"], ["Confezioni", "Maglificio"], ["Apparel", "Knitwear"], ["Confection", "Bonneterie"], ("Moda", "clothing")),
    trade!(0.04, ["16.10", "16.23"], ["Segheria", "Legnami"], ["Timber", "Joinery"], ["Scierie", "Menuiserie"], ("Legno", "timber")),
    trade!(0.05, ["17.12", "17.21"], ["Cartiera", "Scatolificio"], ["Packaging", "Paper"], ["Papeterie", "Cartonnages"], ("Carta", "paper and packaging")),
    trade!(0.06, ["20.30", "20.14"], ["Chimica", "Colorificio"], ["Chemicals", "Coatings"], ["Chimie", "Peintures"], ("Chimica", "chemical")),
    trade!(0.06, ["22.21", "22.29"], ["Plastica", "Stampaggio"], ["Plastics", "Mouldings"], ["Plastiques", "Moulages"], ("Gomma e plastica", "plastics")),
    trade!(0.06, ["23.31", "23.61"], ["Ceramiche", "Vetreria"], ["Ceramics", "Glass"], ["Céramiques", "Verrerie"], ("Ceramica", "ceramics and glass")),
    trade!(0.04, ["24.10", "24.51"], ["Fonderie", "Acciaierie"], ["Steel", "Castings"], ["Fonderie", "Aciers"], ("Siderurgia", "steel")),
    trade!(0.13, ["25.62", "25.11", "25.50"], ["Meccanica", "Carpenteria", "Officine"], ["Engineering", "Fabrications"], ["Mécanique", "Usinage"], ("Prodotti in metallo", "metalworking")),
    trade!(0.09, ["28.22", "28.41"], ["Macchine", "Impianti"], ["Machinery", "Hydraulics"], ["Machines", "Hydraulique"], ("Macchinari", "machinery")),
    trade!(0.06, ["31.01", "31.09"], ["Mobilificio", "Arredamenti"], ["Furniture", "Fixtures"], ["Meubles", "Ébénisterie"], ("Mobile", "furniture")),
    trade!(0.07, ["41.20"], ["Costruzioni", "Edilizia"], ["Builders", "Homes"], ["Constructions", "Bâtiment"], ("Costruzioni", "construction")),
    trade!(0.08, ["46.73", "46.90"], ["Forniture", "Ingrosso"], ["Supplies", "Wholesale"], ["Négoce", "Fournitures"], ("Commercio all'ingrosso", "wholesale")),
    trade!(0.04, ["49.41"], ["Trasporti", "Autotrasporti"], ["Logistics", "Haulage"], ["Transports", "Messagerie"], ("Trasporti", "haulage")),
];
