/**
 * The script of the class page. A click on the head of a column sorts its table by the values of
 * that column, as numbers if they are numbers, and a second click reverses the order.
 */
export const SORT_SCRIPT = `
document.querySelectorAll('th button').forEach((button) => button.addEventListener('click', () => {
  const head = button.parentElement;
  const column = [...head.parentElement.children].indexOf(head);
  const isUp = head.getAttribute('aria-sort') !== 'ascending';
  head.parentElement.querySelectorAll('th').forEach((one) => one.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
  const body = head.closest('table').tBodies[0];
  const value = (row) => row.cells[column].dataset.value;
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)));
  body.append(...(isUp ? rows : rows.reverse()));
}));
`;
