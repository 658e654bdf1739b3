//! A source file as words and marks: comments are gone, the code of tests is apart, and paths are whole.

/// The smallest part of a file that means something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// What stands between quotes.
    Text(String),
    Mark(char),
}

/// A token, and the number of its line.
pub(crate) type Placed = (usize, Token);

/// A file of `src/`.
pub(crate) struct Source {
    /// Where the file stands in the crate: `["client", "renewal"]`; nothing for `lib.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) code: Vec<Placed>,
    /// Items behind `#[cfg(test)]`.
    pub(crate) tests: Vec<Placed>,
}

impl Source {
    /// `path` begins below `src/`.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let module = path.trim_end_matches(".rs").split('/').filter(|name| !matches!(*name, "mod" | "lib"));
        let (code, tests) = split_tests(tokens(text));
        Self { module: module.map(str::to_owned).collect(), code, tests }
    }

    /// The modules in files of their own that are there for tests only.
    pub(crate) fn test_modules(&self) -> impl Iterator<Item = Vec<String>> {
        self.tests.windows(3).filter_map(|tokens| match tokens {
            [(_, Token::Word(keyword)), (_, Token::Word(name)), (_, Token::Mark(';'))] if keyword == "mod" => {
                Some([self.module.as_slice(), std::slice::from_ref(name)].concat())
            }
            _ => None,
        })
    }

    /// Every path in `tokens` that begins at the root of the crate, be it by `crate` or by enough of `super`.
    pub(crate) fn paths(&self, tokens: &[Placed]) -> Vec<(usize, Vec<String>)> {
        let mut module = self.module.clone();
        let mut ends = Vec::new();
        let mut depth = 0;
        let mut paths = Vec::new();
        for (index, (line, token)) in tokens.iter().enumerate() {
            match (token, tokens.get(index + 1..).unwrap_or_default()) {
                (Token::Mark('{'), _) => depth += 1,
                (Token::Mark('}'), _) => {
                    depth -= 1;
                    if ends.pop_if(|end| *end == depth).is_some() {
                        module.pop();
                    }
                }
                (Token::Word(word), [(_, Token::Word(name)), (_, Token::Mark('{')), ..]) if word == "mod" => {
                    ends.push(depth);
                    module.push(name.clone());
                }
                (Token::Word(word), _) if is_start(word) && !continues_a_path(tokens, index) => {
                    for path in tree(tokens.get(index..).unwrap_or_default(), &mut 0) {
                        paths.extend(from_root(&path, &module).map(|path| (*line, path)));
                    }
                }
                _ => {}
            }
        }
        paths
    }
}

fn is_start(word: &str) -> bool {
    matches!(word, "crate" | "super" | "self")
}

/// Whether the word at `index` goes on with a path that began before it.
pub(crate) fn continues_a_path(tokens: &[Placed], index: usize) -> bool {
    let before =
        |distance: usize| index.checked_sub(distance).and_then(|index| tokens.get(index)).map(|(_, token)| token);
    let is_colon = |distance| matches!(before(distance), Some(Token::Mark(':')));
    is_colon(1) && is_colon(2) && matches!(before(3), Some(Token::Word(_) | Token::Mark('>')))
}

/// The paths of a use tree, or the one of an expression. `at` is moved behind them.
fn tree(tokens: &[Placed], at: &mut usize) -> Vec<Vec<String>> {
    let token = |at: usize| tokens.get(at).map(|(_, token)| token);
    let mut path = Vec::new();
    loop {
        match token(*at) {
            Some(Token::Word(word)) => path.push(word.clone()),
            Some(Token::Mark('*')) => path.push("*".to_owned()),
            Some(Token::Mark('{')) => break,
            _ => return vec![path],
        }
        *at += 1;
        if (token(*at), token(*at + 1)) != (Some(&Token::Mark(':')), Some(&Token::Mark(':'))) {
            return vec![path];
        }
        *at += 2;
    }
    let mut paths = Vec::new();
    while !matches!(token(*at), None | Some(Token::Mark('}'))) {
        *at += 1;
        if matches!(token(*at), Some(Token::Word(_) | Token::Mark('*' | '{'))) {
            paths.extend(tree(tokens, at).into_iter().map(|rest| [path.as_slice(), &rest].concat()));
        }
        // Behind the tree stands a comma, the end, or another name for it.
        while !matches!(token(*at), None | Some(Token::Mark(',' | '}'))) {
            *at += 1;
        }
    }
    *at += 1;
    paths
}

/// A path from the root, without `crate`, `self` and `super`; `None` for a lone one of those, which names no path.
fn from_root(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut whole = if path.first()? == "crate" { Vec::new() } else { module.to_vec() };
    let mut is_path = false;
    for (index, name) in path.iter().enumerate() {
        match name.as_str() {
            "crate" | "self" => is_path |= index > 0,
            "super" => {
                whole.pop();
            }
            _ => {
                is_path = true;
                whole.push(name.clone());
            }
        }
    }
    is_path.then_some(whole)
}

/// Code, and the items behind `#[cfg(test)]`.
fn split_tests(tokens: Vec<Placed>) -> (Vec<Placed>, Vec<Placed>) {
    let marker = self::tokens("#[cfg(test)]");
    let is_marker = |rest: &[Placed]| {
        rest.len() >= marker.len() && rest.iter().zip(&marker).all(|((_, found), (_, expected))| found == expected)
    };
    let (mut code, mut tests) = (Vec::new(), Vec::new());
    let mut rest = tokens.as_slice();
    while let Some(first) = rest.first() {
        let length = if is_marker(rest) { item_length(rest) } else { 1 };
        let (item, behind) = rest.split_at(length);
        if length == 1 {
            code.push(first.clone())
        } else {
            tests.extend_from_slice(item)
        }
        rest = behind;
    }
    (code, tests)
}

/// Up to the semicolon or the closing brace of the item that the tokens begin with.
fn item_length(tokens: &[Placed]) -> usize {
    let mut depth = 0;
    for (index, (_, token)) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => depth -= 1,
            Token::Mark(';') => {}
            Token::Mark(_) | Token::Word(_) | Token::Text(_) => continue,
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

fn tokens(text: &str) -> Vec<Placed> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (block_comment_length(rest), None)
        } else if let Some((length, text)) = quoted(rest) {
            (length, Some(Token::Text(text)))
        } else if let Some(length) = lifetime_length(rest) {
            (length, None)
        } else if is_word_char(first) {
            let word = rest.split(|c| !is_word_char(c)).next().unwrap_or_default();
            (word.len(), Some(Token::Word(word.to_owned())))
        } else {
            (first.len_utf8(), (!first.is_whitespace()).then_some(Token::Mark(first)))
        };
        tokens.extend(token.map(|token| (line, token)));
        let (read, unread) = rest.split_at(length);
        line += read.matches('\n').count();
        rest = unread;
    }
    tokens
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Comments may be nested.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0;
    for (index, _) in text.match_indices(['/', '*']) {
        match text.get(index..index + 2) {
            Some("/*") => depth += 1,
            Some("*/") => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return index + 2;
        }
    }
    text.len()
}

/// The length of the string or character that `text` begins with, prefix and quotes included, and what stands between them.
fn quoted(text: &str) -> Option<(usize, String)> {
    let is_quoted =
        |rest: &str, is_raw| rest.starts_with(['"', '\'']) || (is_raw && rest.trim_start_matches('#').starts_with('"'));
    let (rest, is_raw) = ["br", "cr", "b", "c", "r", ""].iter().find_map(|prefix| {
        let (rest, is_raw) = (text.strip_prefix(prefix)?, prefix.ends_with('r'));
        is_quoted(rest, is_raw).then_some((rest, is_raw))
    })?;
    let (content, behind) = if is_raw {
        let (hashes, rest) = rest.split_once('"')?;
        rest.split_once(&["\"", hashes].concat())?
    } else {
        let quote = rest.chars().next()?;
        split_at_quote(rest.strip_prefix(quote)?, quote)?
    };
    // More than one character between single quotes stands between two lifetimes.
    let is_lifetime = rest.starts_with('\'') && content.chars().count() != 1 && !content.starts_with('\\');
    (!is_lifetime).then(|| (text.len() - behind.len(), content.to_owned()))
}

/// What stands before and behind the first quote without a backslash.
fn split_at_quote(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    let (content, rest) = text.split_at(end);
    Some((content, rest.strip_prefix(quote)?))
}

fn lifetime_length(text: &str) -> Option<usize> {
    let name = text.strip_prefix('\'')?;
    Some(1 + name.find(|c| !is_word_char(c)).unwrap_or(name.len()))
}
