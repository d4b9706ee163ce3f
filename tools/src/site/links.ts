/**
 * Links of the Markdown files, on the site: to another page, or to a file of the repository. Such a file is on the web
 * if package.json names the repository; otherwise the site has a copy.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { ROOT, routeOf } from './pages.ts';

/** What the rules below use of a token of markdown-it. */
interface Token {
  readonly type: string;
  readonly content: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

interface State {
  readonly tokens: readonly Token[];
  readonly env: { readonly path: string; readonly realPath?: string };
}

/** What plugins of markdown-it get. */
export interface Markdown {
  readonly core: { readonly ruler: { after(place: string, name: string, rule: (state: State) => void): void } };
}

const SCHEME = /^[a-z][a-z+.-]*:/i;

const pageOf = ({ env }: State) =>
  relative(ROOT, env.realPath ?? env.path)
    .split(sep)
    .join('/');

const tokensOf = ({ tokens }: State) => tokens.flatMap((token) => [token, ...(token.children ?? [])]);

/** Comments, and what the API pages need: targets of links, and lines in cells of tables. */
const HTML = /^\s*(<!--[\s\S]*-->|<a id="[^"]*">|<\/a>|<br ?\/?>)\s*$/;

/** A plugin of markdown-it that refuses other HTML: `<name>` outside of code is a mistake, which GitHub hides. */
export function noHtml(markdown: Markdown): void {
  markdown.core.ruler.after('inline', 'no-html', (state) => {
    for (const { type, content } of tokensOf(state)) {
      if (!/^html_(block|inline)$/.test(type) || HTML.test(content)) continue;
      throw new Error(`${pageOf(state)}: put this into backquotes: ${content.trim()}`);
    }
  });
}

/** Links of pages to pages and to other files of the repository. */
export class RepositoryLinks {
  /** Files that pages link to and that are no pages. */
  readonly #files = new Set<string>();
  readonly #web: string | undefined;

  /** `pages` are the Markdown files on the site; `web` is where the repository can be read, if anywhere. */
  constructor(
    readonly pages: ReadonlySet<string>,
    web: string | undefined = webAddress(),
  ) {
    this.#web = web;
  }

  /** A plugin of markdown-it that replaces the links. */
  readonly plugin = (markdown: Markdown): void =>
    markdown.core.ruler.after('inline', 'repository-links', (state) => {
      for (const token of tokensOf(state)) {
        if (token.type === 'link_open') token.attrSet('href', this.hrefOf(pageOf(state), token.attrGet('href') ?? ''));
      }
    });

  /** Where a link of a page leads on the site. Throws if it leads nowhere. */
  hrefOf(page: string, href: string): string {
    if (SCHEME.test(href) || href.startsWith('#') || href.startsWith('/')) return href;
    const [path = '', anchor] = href.split('#');
    const target = posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path))).replace(/\/$/, '');
    const fragment = anchor === undefined ? '' : `#${anchor}`;
    if (target === 'README.md') return '/';
    if (this.pages.has(target)) return `/${routeOf(target)}${fragment}`;
    if (!existsSync(join(ROOT, target))) throw new Error(`${page}: ${href} leads to no file`);
    if (this.#web !== undefined) return `${this.#web}/blob/main/${target}${fragment}`;
    this.#files.add(target);
    return `/files/${target}.txt`;
  }

  /** Copies the linked files into the site, as text, which every browser shows. */
  copyFiles(site: string): void {
    for (const file of this.#files) {
      const from = join(ROOT, file);
      const to = join(site, 'files', `${file}.txt`);
      mkdirSync(dirname(to), { recursive: true });
      if (statSync(from).isDirectory()) writeFileSync(to, `${readdirSync(from).sort().join('\n')}\n`);
      else cpSync(from, to);
    }
  }
}

/** Address of the repository, from its package.json. */
function webAddress(): string | undefined {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { repository?: { url?: string } };
  return manifest.repository?.url?.replace(/^git\+/, '').replace(/\.git$/, '');
}
