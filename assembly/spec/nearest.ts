/** No name of the spec is longer. */
const LONGEST: i32 = 64;

/**
 * The name that a misspelt one was probably meant to be, '' if none is near: a typo or two, or another case, which Go's
 * decoder lets pass.
 */
export function nearest(name: string, known: string[]): string {
  if (name.length > LONGEST) return '';
  const lower = name.toLowerCase();
  let best = '';
  let bestDistance = name.length <= 3 ? 2 : 3;
  for (let index = 0; index < known.length; index++) {
    const candidate = known[index];
    if (candidate.length == name.length && candidate.toLowerCase() == lower) return candidate;
    if (candidate.length > name.length + 2 || name.length > candidate.length + 2) continue;
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein, one row at a time; a swap of two letters costs two. */
function editDistance(left: string, right: string): i32 {
  const row: i32[] = [];
  for (let column = 0; column <= right.length; column++) row.push(column);
  for (let line = 1; line <= left.length; line++) {
    let diagonal = row[0];
    row[0] = line;
    for (let column = 1; column <= right.length; column++) {
      const above = row[column];
      const change = left.charCodeAt(line - 1) == right.charCodeAt(column - 1) ? 0 : 1;
      row[column] = min(min(above, row[column - 1]) + 1, diagonal + change);
      diagonal = above;
    }
  }
  return row[right.length];
}
