import { createHash } from 'node:crypto';
import { html, Markup } from './html.js';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The content security policy of a page. Its script, if there is one, may run and ask the server of the page. */
export const contentPolicy = (script?: string): string =>
  script === undefined
    ? POLICY
    : `${POLICY}; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; connect-src 'self'`;

/** A complete, self-contained HTML page. Without a `script` it runs none and makes no network requests. */
export function documentText(parts: {
  /** Plain text, without the name of the program. */
  readonly title: string;
  readonly style: string;
  readonly main: Markup;
  readonly footer: Markup;
  /** JavaScript for the end of the page; it must not contain an end tag. */
  readonly script?: string;
}): string {
  const { script } = parts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(contentPolicy(script))}">
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
<footer>${parts.footer}</footer>${script === undefined ? null : html`\n<script>${new Markup(script)}</script>`}
</body>
</html>
`.text;
}
