/** A plugin in explore/plugins makes this module. explore/docs.ts states its type. */
declare module 'virtual:docstrings' {
  const docstrings: unknown;
  export default docstrings;
}

/** A plugin in explore/plugins makes this module. explore/digits.ts states its type. */
declare module 'virtual:digits' {
  const digits: unknown;
  export default digits;
}

/** A plugin in explore/plugins makes this module. explore/psetPages.ts states its type. */
declare module 'virtual:psetPages' {
  const pages: unknown;
  export default pages;
}
