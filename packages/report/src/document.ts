import { html, Markup } from './html.js';

/** A complete, self-contained HTML page without scripts or network requests. */
export function documentText(parts: {
  /** Plain text, without the name of the program. */
  readonly title: string;
  readonly style: string;
  readonly main: Markup;
  readonly footer: Markup;
}): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Branchline">
<link rel="icon" href="data:,">
<title>${parts.title} · Branchline</title>
<style>${new Markup(parts.style)}</style>
</head>
<body>
<main>
${parts.main}
</main>
<footer>${parts.footer}</footer>
</body>
</html>
`.text;
}
