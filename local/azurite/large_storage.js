// Preloaded into Azurite where tables and queues grow large, so that what it takes does not grow with them:
// - It answers each range query by looking at every row of the table, which the service does not. Rows outside of the
//   range are left out here by the index that Azurite keeps anyway; what is left is filtered, sorted and cut by Azurite
//   itself, as before. Of one partition, they are taken in the order of the index, until there are enough.
// - With each call for a queue it removes what has expired from all messages, which sorts them anew even if that is
//   nothing.
"use strict";
const Loki = require("lokijs");
const { default: Store } = require("azurite/dist/src/table/persistence/LokiTableMetadataStore");

const RANGE = /\bRowKey ge '((?:[^']|'')*)' and RowKey lt '((?:[^']|'')*)'/;
const ONE_PARTITION = /\bPartitionKey eq '/;
const STRINGS = /'(?:[^']|'')*'/g;
// LokiJS compares what looks like numbers as numbers.
const ORDERED_AS_TEXT = /^[a-z]+\|/;

function rangeOf(filter) {
  const found = RANGE.exec(filter ?? "");
  if (!found || /\b(or|not)\b/.test(filter.replace(STRINGS, ""))) return undefined;
  const range = found.slice(1, 3).map((key) => key.replaceAll("''", "'"));
  return range.every((key) => ORDERED_AS_TEXT.test(key)) ? range : undefined;
}

class InOrder {
  constructor(collection, range) {
    Object.assign(this, { collection, range, tests: [] });
  }

  where(test) {
    this.tests.push(test);
    return this;
  }

  sort() {
    return this; // the index has the order
  }

  limit(count) {
    this.count = count;
    return this;
  }

  data() {
    const { binaryIndices, data } = this.collection;
    const found = [];
    let [at, last] = this.collection.calculateRange("$between", "RowKey", this.range);
    for (; at <= last && found.length < this.count; at += 1) {
      const row = data[binaryIndices.RowKey.values[at]];
      if (this.tests.every((test) => test(row))) found.push(row);
    }
    return found;
  }
}

const original = Store.prototype.queryTableEntities;
Store.prototype.queryTableEntities = function (context, account, table, options, ...rest) {
  const range = rangeOf(options.filter);
  if (!range) return original.call(this, context, account, table, options, ...rest);
  const collection = this.getEntityCollection(account, table, context);
  const chain = ONE_PARTITION.test(options.filter)
    ? () => new InOrder(collection, range)
    : () => collection.chain().find({ RowKey: { $between: range } });
  const narrowed = { chain };
  const store = Object.create(this, { getEntityCollection: { value: () => narrowed } });
  return original.call(store, context, account, table, options, ...rest);
};

for (const name of ["removeBatch", "removeBatchByPositions"]) {
  const remove = Loki.Collection.prototype[name];
  Loki.Collection.prototype[name] = function (documents) {
    if (documents.length) remove.call(this, documents);
  };
}
