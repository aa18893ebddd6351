// Preloaded into Azurite where tables and queues grow large, so that what it takes does not grow with them:
// - It answers each range query by looking at every row of the table, which the service does not. Rows outside of the
//   range are left out here by the index that Azurite keeps anyway; what is left is filtered, sorted and cut by Azurite
//   itself, as before.
// - With each call for a queue it removes what has expired from all messages, which sorts them anew even if that is
//   nothing.
"use strict";
const Loki = require("lokijs");
const { default: Store } = require("azurite/dist/src/table/persistence/LokiTableMetadataStore");

const RANGE = /\bRowKey ge '((?:[^']|'')*)' and RowKey lt '((?:[^']|'')*)'/;
const STRINGS = /'(?:[^']|'')*'/g;
// LokiJS compares what looks like numbers as numbers.
const ORDERED_AS_TEXT = /^[a-z]+\|/;

function rangeOf(filter) {
  const found = RANGE.exec(filter ?? "");
  if (!found || /\b(or|not)\b/.test(filter.replace(STRINGS, ""))) return undefined;
  const range = found.slice(1, 3).map((key) => key.replaceAll("''", "'"));
  return range.every((key) => ORDERED_AS_TEXT.test(key)) ? range : undefined;
}

const original = Store.prototype.queryTableEntities;
Store.prototype.queryTableEntities = function (context, account, table, options, ...rest) {
  const range = rangeOf(options.filter);
  if (!range) return original.call(this, context, account, table, options, ...rest);
  const collection = this.getEntityCollection(account, table, context);
  const narrowed = { chain: () => collection.chain().find({ RowKey: { $between: range } }) };
  const store = Object.create(this, { getEntityCollection: { value: () => narrowed } });
  return original.call(store, context, account, table, options, ...rest);
};

for (const name of ["removeBatch", "removeBatchByPositions"]) {
  const remove = Loki.Collection.prototype[name];
  Loki.Collection.prototype[name] = function (documents) {
    if (documents.length) remove.call(this, documents);
  };
}
