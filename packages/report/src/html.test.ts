import { describe, expect, it } from 'vitest';
import { escapeHtml, html } from './html.js';

describe('html', () => {
  it('escapes every value exactly once', () => {
    const inner = html`<b title="${`"'`}">${'<script>&'}</b>`;
    expect(html`<p>${inner}</p>`.text).toBe('<p><b title="&quot;&#39;">&lt;script&gt;&amp;</b></p>');
  });

  it('keeps zeros and rounds coordinates', () => {
    expect(html`${null}${undefined}${false}${[1 / 3, -0.0001, 2]}`.text).toBe('0.3302');
  });

  it('replaces control characters', () => {
    expect(escapeHtml('a\u0000b\u001bc\nd')).toBe('a�b�c\nd');
  });
});
