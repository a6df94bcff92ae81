//! Words that alone or together name nobody: many companies have them in their names.

use std::{collections::HashSet, sync::LazyLock};

/// Words that many companies have in their names: alone or together they name nobody.
const COMMON: &str = "\
    costruzioni generali generale general servizi servizio services service group gruppo groupe holding holdings \
    italia italiana italiano italy france francaise deutschland europe europa european international internazionale \
    trading commerciale commercial commercio industria industrie industries industriale industrial meccanica \
    meccaniche officine edilizia edile edil immobiliare immobiliere tech technology technologies tecnologie \
    consulting consulenza solutions soluzioni fratelli figli sons fils impresa imprese azienda agricola centro auto \
    food foods trasporti transport transports logistica logistics logistique acciai acciaierie steel metal metalli \
    plastica plast legno carta moda fashion tessile energia energy energie global national nazionale nuova nuovo new \
    nouvelle company compagnia compagnie societa societe studio progetti project projects impianti forniture supply \
    supplies distribuzione distribution sistemi systems system elettronica electronics engineering ingegneria \
    construction constructions building builders design media digital digitale nord sud est ovest north south east \
    west milano roma torino napoli paris lyon london manchester bologna firenze genova veneta lombarda di del della \
    dei de du des la le il lo of for per rossi russo ferrari esposito bianchi romano colombo ricci marino greco \
    bruno gallo conti costa giordano mancini rizzo lombardi moretti smith jones taylor brown williams wilson davies \
    evans martin bernard dubois thomas robert richard durand petit moreau muller schmidt schneider fischer weber";

/// Trades: a surname and one of these (`Galli Serramenti`) are the name of a company in many towns.
const TRADES: &str = "\
    serramenti autotrasporti carrozzeria arredamenti mobili mobilificio calzaturificio calzature tessitura \
    filatura lanificio maglificio confezioni ceramiche ceramica vetreria cartiera tipografia grafica stampi \
    stamperia fonderia fonderie ferramenta carpenteria carpenterie torneria falegnameria segheria legnami \
    idraulica termoidraulica elettrica ristorante trattoria pizzeria caffe hotel albergo panificio \
    pasticceria pastificio salumificio caseificio cantina cantine molino farmacia ottica gioielleria \
    autofficina gomme pneumatici noleggi spedizioni viaggi turismo assicurazioni finanziaria pulizie \
    vigilanza lavanderia supermercati alimentari ortofrutta carni macelleria bevande vini oleificio mangimi \
    sementi vivai giardini scavi asfalti calcestruzzi cementi marmi graniti laterizi prefabbricati infissi \
    coperture isolamenti verniciature tintoria galvanica utensili macchine macchinari automazione \
    automazioni robotica software informatica telecomunicazioni editrice edizioni pubblicita comunicazione \
    eventi imballaggi packaging plastiche gomma chimica vernici cosmetici farmaceutici medicali cooperativa \
    homes motors garage plumbing roofing joinery bakery haulage freight printing press textiles furniture \
    kitchens windows glass timber paper plastics chemicals tools castings foundry forge pumps electrical \
    electric lighting security cleaning catering hotels farm farms dairy dairies garden gardens estates \
    properties property developments investments investment finance financial capital partners associates \
    consultants management marketing travel care health medical dental pharma optical retail stores store \
    shop trade boulangerie menuiserie plomberie electricite batiment travaux restaurant pharmacie conseil \
    gestion technik maschinenbau handel handels vertrieb beratung verwaltung immobilien elektro metallbau \
    werkzeugbau autohaus logistik";

/// Frequent surnames of the countries whose registers we read, beside those that stand among the common words.
const SURNAMES: &str = "\
    galli martini leone longo gentile martinelli vitale lombardo serra coppola santoro marini marchetti \
    villa ferrara fabbri bianco rinaldi caruso fontana barbieri mariani sala testa grassi pellegrini palumbo \
    monti cattaneo rizzi gatti ferri parisi neri sanna riva sartori messina basile farina benedetti giuliani \
    piras bellini basso negri valentini silvestri orlando bernardi mazza pagano guerra ruggiero donati \
    battaglia amato castelli fiore carbone thompson walker white edwards green hall wood harris clark \
    jackson turner hill moore cooper ward morris king baker harrison morgan allen scott lewis parker leroy \
    simon laurent lefebvre roux fournier girard bonnet lambert martinez garcia becker hoffmann wagner schulz \
    koch richter klein wolf neumann schwarz zimmermann braun";

/// Given names by which persons are called in the countries whose registers we read: a name of such a word and another,
/// and no legal form, may be anybody's.
const GIVEN: &str = "\
    mario luigi giuseppe giovanni antonio francesco angelo vincenzo pietro salvatore carlo franco domenico paolo michele \
    giorgio aldo sergio luciano roberto alessandro andrea marco stefano matteo luca davide fabio massimo claudio enrico \
    alberto maria anna rosa giovanna teresa lucia carmela angela francesca elena laura paola sara chiara giulia silvia \
    john james william george peter michael david paul mark andrew stephen mary margaret elizabeth sarah susan jean \
    pierre michel jacques philippe nicolas marie hans karl klaus jose juan carlos manuel javier carmen";

/// All of them, for looking up: matching asks for every word of every near name.
static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| [COMMON, TRADES, SURNAMES, GIVEN].into_iter().flat_map(str::split_ascii_whitespace).collect());

static GIVEN_NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| GIVEN.split_ascii_whitespace().collect());

/// Whether many companies have this word in their name; short words and numbers name nobody either.
pub(super) fn is_common(word: &str) -> bool {
    word.len() < 4 || word.bytes().all(|b| b.is_ascii_digit()) || WORDS.contains(word)
}

/// Whether persons are called so.
pub(super) fn is_given_name(word: &str) -> bool {
    GIVEN_NAMES.contains(word)
}
