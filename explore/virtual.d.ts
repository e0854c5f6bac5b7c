/** What a plugin of explore/build provides; explore/docs.ts states its type. */
declare module 'virtual:docstrings' {
  const docstrings: unknown;
  export default docstrings;
}

/** What a plugin of explore/build provides; explore/digits.ts states its type. */
declare module 'virtual:digits' {
  const digits: unknown;
  export default digits;
}

/** What a plugin of explore/build provides; explore/psetPages.ts states its type. */
declare module 'virtual:psetPages' {
  const pages: unknown;
  export default pages;
}
