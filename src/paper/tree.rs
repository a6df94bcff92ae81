//! What is what, for whoever has a paper read aloud: headings, paragraphs, tables, and the pieces on the pages that belong to
//! each, in reading order.

use std::num::NonZeroU16;

use krilla::{
    geom::Rect,
    tagging::{BBox, Identifier, Node, TableHeaderScope, Tag, TagGroup, TagTree},
};

/// A node's place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A heading of that level, with its words.
    Heading(NonZeroU16, String),
    Paragraph,
    Contents,
    ContentsItem,
    Link,
    Table,
    TableRow,
    /// A cell that heads a column.
    ColumnHead,
    Cell,
    /// A drawing.
    Figure {
        /// What it shows, in words.
        alt: String,
        /// On which page, from 0.
        page: usize,
        /// Where there: left, top, right, bottom.
        area: (f32, f32, f32, f32),
    },
}

enum Child {
    Node(NodeId),
    Piece(Identifier),
}

/// The tree in the making.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<(Kind, Vec<Child>)>,
    roots: Vec<NodeId>,
}

impl Tree {
    /// A node below another one, or at the top.
    pub(super) fn add(&mut self, kind: Kind, parent: Option<NodeId>) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push((kind, Vec::new()));
        match parent {
            Some(NodeId(parent)) => self.nodes[parent].1.push(Child::Node(id)),
            None => self.roots.push(id),
        }
        id
    }

    /// A piece on a page belongs to a node.
    pub(super) fn piece(&mut self, NodeId(node): NodeId, piece: Identifier) {
        self.nodes[node].1.push(Child::Piece(piece));
    }

    /// The same, before what is there: a link stands before its words.
    pub(super) fn piece_in_front(&mut self, NodeId(node): NodeId, piece: Identifier) {
        self.nodes[node].1.insert(0, Child::Piece(piece));
    }

    /// As the library takes it.
    pub(super) fn finish(self, language: &str) -> TagTree {
        let Self { nodes, roots } = self;
        let mut nodes: Vec<Option<(Kind, Vec<Child>)>> = nodes.into_iter().map(Some).collect();
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        for root in roots {
            if let Some(group) = group(&mut nodes, root) {
                tree.push(group);
            }
        }
        tree
    }
}

fn group(nodes: &mut Vec<Option<(Kind, Vec<Child>)>>, NodeId(at): NodeId) -> Option<TagGroup> {
    let (kind, children) = nodes.get_mut(at)?.take()?;
    let mut group = match kind {
        Kind::Heading(level, title) => TagGroup::new(Tag::Hn(level, Some(title))),
        Kind::Paragraph => TagGroup::new(Tag::P),
        Kind::Contents => TagGroup::new(Tag::TOC),
        Kind::ContentsItem => TagGroup::new(Tag::TOCI),
        Kind::Link => TagGroup::new(Tag::Link),
        Kind::Table => TagGroup::new(Tag::Table),
        Kind::TableRow => TagGroup::new(Tag::TR),
        Kind::ColumnHead => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        Kind::Cell => TagGroup::new(Tag::TD),
        Kind::Figure { alt, page, area: (left, top, right, bottom) } => {
            let area = Rect::from_ltrb(left, top, right, bottom).map(|area| BBox::new(page, area));
            TagGroup::new(Tag::Figure(Some(alt)).with_bbox(area))
        }
    };
    for child in children {
        match child {
            Child::Piece(piece) => group.push(piece),
            Child::Node(id) => {
                if let Some(child) = self::group(nodes, id) {
                    group.push(Node::Group(child));
                }
            }
        }
    }
    Some(group)
}
