import { readFileSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import { defineConfig } from 'vitepress';
import { equations } from '../math.ts';
import type { SidebarGroup } from '../reference/writeReference.ts';
import { guidesOf } from '../sidebar.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const reference = JSON.parse(readFileSync(path('../pages/sidebar.json'), 'utf8')) as Readonly<
  Record<string, SidebarGroup[]>
>;

export default defineConfig({
  title: 'boxprop',
  description: 'A neural-network library in which every gradient can be read, and is proven.',
  lang: 'en',
  srcDir: './pages',
  srcExclude: ['public/**'],
  outDir: './dist',
  cacheDir: './pages/.cache',
  // Every page works without a server that rewrites addresses.
  cleanUrls: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    config: equations,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/start/install', activeMatch: '/start/' },
      { text: 'Guides', link: '/own-box', activeMatch: '^/[^/]+$' },
      { text: 'Lecture', link: '/lecture/', activeMatch: '/lecture/' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
      { text: 'Errors', link: '/errors' },
      { text: 'Design', link: '/design' },
    ],
    sidebar: { ...reference, '/': guidesOf(path('../pages')) },
    socialLinks: [{ icon: 'github', link: 'https://github.com/boxprop/boxprop' }],
    footer: { message: 'MIT License' },
  },
});
