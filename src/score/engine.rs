use super::{
    Artefact, Error, Forest, Input, Training,
    settings::{Rules, parse_scale},
    sum::{Sum, fewest, grade_of, most, shifted, typical},
};
use crate::domain::{
    AsOf, CatalogueHash, FeatureVector, Grade, ModelId, Override, Points, Probability, Rating, Scale, Sha256,
};

/// Everything that turns a vector into a rating: model, master scale, hard rules and invariants, limits of coverage.
#[derive(Debug, Clone)]
pub struct Engine {
    id: ModelId,
    hash: CatalogueHash,
    model: Artefact,
    /// Place in the catalogue of each input.
    places: Vec<usize>,
    total_weight: f64,
    scale: Scale,
    scale_version: String,
    rules: Rules,
    /// The texts of scale and rules, for another model under the same ones.
    texts: (String, String),
    /// How its training sample was spread.
    training: Option<Training>,
    /// What is told of the model.
    papers: Papers,
}

/// What is told of a model to who must trust it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Papers {
    /// `card.md`, in Markdown; none when it came without one.
    pub card: Option<String>,
    /// `evaluation.json`, as `evaluate` writes it; none when nobody judged it.
    pub evaluation: Option<String>,
}

/// What is seen of a client.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// From all signals.
    pub all: &'a FeatureVector,
    /// Without unofficial signals, and the number of distinct unofficial sources; none when there were none.
    pub official: Option<(&'a FeatureVector, usize)>,
    /// A ledger of 3 invoices or 6 months, or an identified open source.
    pub is_known_enough: bool,
}

impl Seen<'_> {
    /// What certain sources alone give.
    fn certain(&self) -> &FeatureVector {
        self.official.map_or(self.all, |(vector, _)| vector)
    }

    fn has_one_unofficial_source(&self) -> bool {
        self.official.is_some_and(|(_, n)| n <= 1)
    }
}

impl Engine {
    /// `model_json` as in `models/NAME/model.json`; `scale` as `config/scale.toml`; `rules` as `config/rules.toml`; `names` and
    /// `hash`: the catalogue the model must have been made for.
    pub fn new(
        name: &str,
        model_json: &str,
        scale: &str,
        rules: &str,
        names: &[&str],
        hash: CatalogueHash,
    ) -> Result<Self, Error> {
        let texts = (scale.to_owned(), rules.to_owned());
        let file = format!("models/{name}/model.json");
        let bad = |why: String| Error::artefact(&file, why);
        let model = Artefact::parse(&file, model_json)?;
        if model.kind != "catalogue" {
            return Err(bad(format!(
                "key kind: only a catalogue model can rate clients, this is a {:?} model",
                model.kind
            )));
        }
        if model.name != name {
            return Err(bad(format!("key name: says {:?}, but the folder is {name:?}", model.name)));
        }
        model.check_catalogue(hash).map_err(&bad)?;
        if let Some(input) = model.inputs.iter().find(|input| !input.groups.is_empty()) {
            return Err(bad(format!(
                "input {:?}: clients are rated by numbers; words score the rows of tables",
                input.feature
            )));
        }
        let place = |input: &Input| {
            let found = names.iter().position(|n| *n == input.feature);
            found.ok_or_else(|| bad(format!("input {:?}: there is no such feature", input.feature)))
        };
        let places = model.inputs.iter().map(place).collect::<Result<_, _>>()?;
        let id = ModelId {
            name: name.into(),
            hash: Sha256::of(model_json.as_bytes()).to_string().chars().take(12).collect(),
        };
        let total_weight = model.inputs.iter().map(|i| i.weight).sum();
        let (scale, scale_version) = parse_scale(scale)?;
        let rules = Rules::parse(rules, names)?;
        Ok(Self {
            id,
            hash,
            model,
            places,
            total_weight,
            scale,
            scale_version,
            rules,
            texts,
            training: None,
            papers: Papers::default(),
        })
    }

    /// Another model under the same scale and rules; `names` as for [`Engine::new`].
    pub fn with_model(&self, name: &str, model_json: &str, names: &[&str]) -> Result<Self, Error> {
        let (scale, rules) = &self.texts;
        Self::new(name, model_json, scale, rules, names, self.hash)
    }

    /// The same model with the distributions of its training sample.
    #[must_use]
    pub fn with_training(self, training: Training) -> Self {
        Self { training: Some(training), ..self }
    }

    /// The same model with what is told of it.
    #[must_use]
    pub fn with_papers(self, papers: Papers) -> Self {
        Self { papers, ..self }
    }

    /// What is told of it.
    pub fn papers(&self) -> &Papers {
        &self.papers
    }

    /// How its training sample was spread; none when it learned from none, or the file is not there.
    pub fn training(&self) -> Option<&Training> {
        self.training.as_ref()
    }

    /// The model's own points of a vector, before caps, rules and decisions: what a golden vector says.
    pub fn points(&self, vector: &FeatureVector) -> Points {
        let mut sum = Sum::new(false);
        self.add_up(&mut sum, vector);
        sum.points()
    }

    /// The model.
    pub fn model(&self) -> &ModelId {
        &self.id
    }

    /// The feature table it was made for.
    pub fn catalogue(&self) -> CatalogueHash {
        self.hash
    }

    /// The scorecard itself.
    pub fn artefact(&self) -> &Artefact {
        &self.model
    }

    /// What the model looks at, with its bins and weights.
    pub fn inputs(&self) -> &[Input] {
        &self.model.inputs
    }

    /// The master scale.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The versions of scale and rules, as their files say.
    pub fn versions(&self) -> (&str, &str) {
        (&self.scale_version, &self.rules.version)
    }

    /// Every rule as it shows in the reasons (`rule:NAME`), hard states first, with the best grade it allows.
    pub fn rules(&self) -> impl Iterator<Item = (&str, Grade)> {
        self.rules.rules.iter().map(|r| (r.line.as_str(), r.never_better_than))
    }

    /// The place of the feature that a rule looks at, by the rule's line in the reasons; none for any other line.
    pub fn place_behind(&self, line: &str) -> Option<usize> {
        self.rules.rules.iter().find(|r| r.line == line).map(|r| r.place)
    }

    /// How many notches an override may stand from the model's grade.
    pub fn override_notches(&self) -> i32 {
        self.rules.override_notches
    }

    /// The rating of what is seen. `last`: the grade recorded last, for hysteresis; none for `replay`. Lines come without
    /// evidence (`evidence: vec![]`), and always add up to the points. Without `with_lines` they are left empty (the night asks
    /// for them only when the grade moved); the rest is identical.
    pub fn rate(
        &self,
        seen: Seen<'_>,
        last: Option<Grade>,
        decision: Option<&Override>,
        as_of: AsOf,
        with_lines: bool,
    ) -> Result<Rating, Error> {
        for vector in [seen.all, seen.certain()] {
            if vector.catalogue() != self.hash {
                return Err(Error::Foreign { expected: self.hash, got: vector.catalogue() });
            }
        }
        let coverage = self.coverage(seen.all);
        let is_blind = coverage < self.rules.not_determined_below || !seen.is_known_enough;
        let mut sum = Sum::new(with_lines);
        self.add_up(&mut sum, seen.all);
        let mut grade = self.cap(&mut sum, seen, last);
        grade = self.apply_rules(&mut sum, seen, grade);
        let is_hard = grade == Grade::D;
        if is_blind && !is_hard {
            grade = Grade::NotDetermined;
        }
        let in_force = decision.filter(|d| as_of.known_at < d.expires_at && !is_hard);
        if let Some(decision) = in_force {
            grade = self.overrule(&mut sum, decision.grade, grade);
        }
        let points = sum.points();
        let pd = if grade == Grade::D { Probability::ONE } else { self.scale.pd(points) };
        let is_determined = grade != Grade::NotDetermined;
        Ok(Rating {
            grade,
            pd: is_determined.then_some(pd),
            points: is_determined.then_some(points),
            coverage,
            as_of,
            model: self.id.clone(),
            lines: if is_determined { sum.into_lines() } else { Vec::new() },
        })
    }

    /// The share of the model's information from which on a grade is determined.
    pub fn determined_from(&self) -> f64 {
        self.rules.not_determined_below
    }

    /// The inputs that are not there or not fresh, each with its share of the model's weight, the largest first.
    pub fn missing(&self, vector: &FeatureVector) -> Vec<(String, f64)> {
        let absent = self.model.inputs.iter().zip(&self.places).filter(|(_, place)| !vector.is_fresh(**place));
        let mut absent: Vec<(String, f64)> =
            absent.map(|(input, _)| (input.feature.clone(), input.weight / self.total_weight)).collect();
        absent.sort_by(|(a, one), (b, other)| other.total_cmp(one).then_with(|| a.cmp(b)));
        absent
    }

    /// Weight that is present and fresh over all weight, added in the model's order so that every machine gets the same
    /// bits.
    fn coverage(&self, vector: &FeatureVector) -> f64 {
        let present = self.model.inputs.iter().zip(&self.places).filter(|(_, place)| vector.is_fresh(**place));
        // Folded from 0.0: the sum of nothing would be -0.0, and is shown.
        present.fold(0.0, |sum, (input, _)| sum + input.weight) / self.total_weight
    }

    fn add_up(&self, sum: &mut Sum, vector: &FeatureVector) {
        match &self.model.forest {
            Some(forest) => self.add_trees(sum, vector, forest),
            None => self.add_bins(sum, vector),
        }
        sum.keep_on_scale();
    }

    fn add_bins(&self, sum: &mut Sum, vector: &FeatureVector) {
        sum.add("base", None, self.model.base);
        for (input, place) in self.model.inputs.iter().zip(&self.places) {
            let value = vector.get(*place);
            sum.add(&input.feature, value, input.points(value));
        }
        sum.bring_to(self.model.calibrated(sum.points()), "calibration");
    }

    /// What the trees give each input is exact in log-odds; as points every line is rounded, and the remainder is part of the
    /// line of the calibration.
    fn add_trees(&self, sum: &mut Sum, vector: &FeatureVector, forest: &Forest) {
        let value = |input: usize| vector.get(self.places[input]).unwrap_or(f64::NAN);
        if sum.has_lines() {
            let mut shares = vec![0.0; self.places.len()];
            let base = forest.contributions(value, &mut shares);
            let even = self.scale.exact_points(0.0);
            sum.add("base", None, whole(self.scale.exact_points(base)));
            for (input, share) in shares.into_iter().enumerate() {
                let points = whole(self.scale.exact_points(share) - even);
                sum.add(&self.model.inputs[input].feature, vector.get(self.places[input]), points);
            }
        }
        let raw = self.scale.exact_points(forest.log_odds(value));
        sum.bring_to(whole(self.model.calibrated_exactly(raw)), "calibration");
    }

    /// The grade with memory, after holding back what rests on a single unofficial source.
    fn cap(&self, sum: &mut Sum, seen: Seen<'_>, last: Option<Grade>) -> Grade {
        let with_memory = |points: Points| self.scale.grade_with_memory(self.scale.pd(points), last);
        if !seen.has_one_unofficial_source() {
            return with_memory(sum.points());
        }
        let mut official = Sum::new(false);
        self.add_up(&mut official, seen.certain());
        let anchor = grade_of(&self.scale, official.points());
        let notches = self.rules.unofficial_notches;
        let (best, worst) = (shifted(anchor, -notches, false), shifted(anchor, notches, false));
        // The official sum may itself be at the edge of the scale, so the bounds are those of grades, not of points.
        let held = sum.points().clamp(fewest(&self.scale, worst), most(&self.scale, best));
        sum.bring_to(held, "cap:single_unofficial_source");
        let grade = with_memory(held);
        // Memory must not carry the grade beyond the cap.
        let remembered = with_memory(official.points());
        let is_near = |to: Grade| to.notches_to(grade).abs() <= notches;
        if is_near(anchor) || is_near(remembered) { grade } else { grade_of(&self.scale, held) }
    }

    /// Hard states and invariants, the first hard one winning. A single unofficial source triggers none of them, and no
    /// unofficial source makes a default.
    fn apply_rules(&self, sum: &mut Sum, seen: Seen<'_>, mut grade: Grade) -> Grade {
        for rule in &self.rules.rules {
            let is_hard = rule.never_better_than == Grade::D;
            let vector = if is_hard || seen.has_one_unofficial_source() { seen.certain() } else { seen.all };
            if !rule.applies(vector) {
                continue;
            }
            if is_hard {
                sum.bring_to(0, &rule.line);
                return Grade::D;
            }
            if grade_of(&self.scale, sum.points()).rank() < rule.never_better_than.rank() {
                sum.bring_to(typical(&self.scale, rule.never_better_than), &rule.line);
            }
            if grade.rank() < rule.never_better_than.rank() {
                grade = rule.never_better_than;
            }
        }
        grade
    }

    /// The grade an analyst decided, no further from the model's than allowed; an `ND` has nothing to be far from.
    fn overrule(&self, sum: &mut Sum, decided: Grade, model: Grade) -> Grade {
        let notches = self.rules.override_notches;
        let grade = match (decided.rank(), model.rank()) {
            (Some(to), Some(from)) => shifted(model, (to - from).clamp(-notches, notches), true),
            _ => decided,
        };
        if grade != Grade::NotDetermined && grade_of(&self.scale, sum.points()) != grade {
            sum.bring_to(typical(&self.scale, grade), "override");
        }
        grade
    }
}

#[expect(clippy::cast_possible_truncation, reason = "points are some hundred; beyond the type they stop at its ends")]
fn whole(points: f64) -> Points {
    points.round() as Points
}
