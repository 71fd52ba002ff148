/** A link of a page: where it points to, relative to the page. */
export interface Link {
  readonly file: string;
  /** Heading that it points to; empty for the page as a whole. */
  readonly anchor: string;
}

/** A page without its code blocks, in which brackets and hashes mean other things. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
}

/** Links of a page that point into the repository. */
export function linksOf(markdown: string): readonly Link[] {
  return [...prose(markdown).matchAll(/\]\((?<target>[^)\s]+)\)/g)].flatMap(({ groups }) => {
    const [file = "", anchor = ""] = (groups?.["target"] ?? "").split("#");
    return /^[a-z]+:/.test(file) ? [] : [{ file, anchor }];
  });
}

/** The anchors that GitHub gives a page's headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(headingsOf(markdown).map(({ title }) => anchorOf(title)));
}

/** Headings of a page, in order. */
export function headingsOf(markdown: string): readonly { readonly level: number; readonly title: string }[] {
  const found = prose(markdown).matchAll(/^(?<marks>#+) (?<title>.+)$/gm);
  return [...found].map(({ groups }) => ({ level: groups?.["marks"]?.length ?? 0, title: groups?.["title"] ?? "" }));
}

/** A page's part below a heading, up to the next one of its level. */
export function sectionOf(markdown: string, title: string): string {
  const [, below = ""] = `\n${markdown}`.split(`\n## ${title}\n`);
  return below.split("\n## ")[0] ?? "";
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
