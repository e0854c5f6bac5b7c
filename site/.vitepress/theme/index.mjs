/** VitePress's own theme, without its fonts: a page uses those of the system. */
import './style.css';

export { default } from 'vitepress/theme-without-fonts';
