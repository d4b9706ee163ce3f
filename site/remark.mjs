// Settings of remark, which checks the links of Markdown files, with their anchors: `npm run links` in site.
import remarkFrontmatter from 'remark-frontmatter';
import remarkGfm from 'remark-gfm';
import remarkValidateLinks from 'remark-validate-links';
import { visit } from 'unist-util-visit';

/** Targets of links that are written as HTML, as in the API pages. */
function htmlTargets() {
  return (tree) =>
    visit(tree, 'html', (node) => {
      const [, id] = /^<a id="([^"]+)">/.exec(node.value) ?? [];
      if (id !== undefined) node.data = { ...node.data, hProperties: { id } };
    });
}

export default {
  plugins: [remarkFrontmatter, remarkGfm, htmlTargets, [remarkValidateLinks, { repository: false, root: '..' }]],
};
