// The documentation as a site: docs/, the READMEs of packages and examples, and a home page. The Markdown stays where
// GitHub shows it; `navigation.json` says which page is where in the sidebar.
import GithubSlugger from 'github-slugger';
import { defineConfig } from 'vitepress';
import { noHtml, RepositoryLinks } from '../../tools/src/site/links.ts';
import { markdownFiles, navigation, ROOT, routeOf, titleOf } from '../../tools/src/site/pages.ts';

const groups = navigation();
const pages = new Set(['site/index.md', ...groups.flatMap((group) => group.pages)]);
const links = new RepositoryLinks(pages);
const items = (listed: readonly string[]) =>
  listed.map((page) => ({ text: titleOf(page), link: `/${routeOf(page).replace(/\.md$/, '')}` }));

/** Anchors as GitHub makes them, so that a link works in both places. */
const slugify = (text: string) => new GithubSlugger().slug(text);

/** Pages are outside of this folder, where Vite finds no Vue. On the server Node finds it, from the built files. */
const vueOfSite = {
  name: 'vue-of-site',
  enforce: 'pre' as const,
  resolveId: (id: string, _importer: string | undefined, { ssr }: { ssr?: boolean }) =>
    ssr && /^vue(\/|$)/.test(id) ? { id, external: true as const } : undefined,
};

export default defineConfig({
  title: 'Branchline',
  description: 'Compare, compose and run continual pre-training strategies',
  lang: 'en',
  // Wide tables and code of 120 columns.
  head: [['style', {}, '.VPDoc.has-aside .content-container { max-width: 920px !important; }']],
  base: process.env.SITE_BASE ?? '/',
  srcDir: ROOT,
  srcExclude: markdownFiles().filter((file) => !pages.has(file)),
  outDir: '../docs/.vitepress/dist',
  cacheDir: './node_modules/.cache/vitepress',
  rewrites: Object.fromEntries([...pages].map((page) => [page, routeOf(page)])),
  markdown: {
    anchor: { slugify },
    headers: { slugify },
    config: (markdown) => void markdown.use(noHtml).use(links.plugin),
  },
  buildEnd: ({ outDir }) => links.copyFiles(outDir),
  vite: { plugins: [vueOfSite], publicDir: false, build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: groups.flatMap(({ nav, pages: listed }) => (nav === undefined ? [] : [{ text: nav, items: items(listed) }])),
    sidebar: groups.map(({ text, pages: listed, collapsed = true }) => ({ text, collapsed, items: items(listed) })),
  },
});
