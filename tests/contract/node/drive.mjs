// Drives Microsoft's own Node client against ORGANIZATION with TOKEN and prints what it saw as JSON.
import client from "azure-devops-node-api";

const { ORGANIZATION, TOKEN, PROJECT } = process.env;
const connection = new client.WebApi(ORGANIZATION, client.getPersonalAccessTokenHandler(TOKEN));
const set = (field, value) => ({ op: "add", path: `/fields/${field}`, value });

const tracking = await connection.getWorkItemTrackingApi();
const core = await connection.getCoreApi();
const projects = await core.getProjects();
const types = await tracking.getWorkItemTypes(PROJECT);
const states = await tracking.getWorkItemTypeStates(PROJECT, "Bug");

const made = await tracking.createWorkItem({}, [set("System.Title", "Log4Shell"), set("System.Tags", "a; b")], PROJECT, "Bug");
const changed = await tracking.updateWorkItem({}, [set("System.State", "Active")], made.id);
const stale = await tracking
  .updateWorkItem({}, [{ op: "test", path: "/rev", value: 1 }, set("System.Title", "late")], made.id)
  .then(() => null, (error) => ({ status: error.statusCode, message: error.message }));
const query = "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'a'";
const found = await tracking.queryByWiql({ query }, { project: PROJECT });
const many = await tracking.getWorkItemsBatch({ ids: [made.id], fields: ["System.Title"] }, PROJECT);
const updates = await tracking.getUpdates(made.id);
await tracking.deleteWorkItem(made.id, PROJECT);
const gone = await tracking.getWorkItem(made.id);
const binned = await tracking.getDeletedWorkItem(made.id, PROJECT);
await tracking.restoreWorkItem({ isDeleted: false }, made.id, PROJECT);
const read = await tracking.getWorkItem(made.id, undefined, undefined, client.WorkItemExpand?.All);

console.log(
  JSON.stringify({
    projects: projects.map((each) => each.name),
    types: types.map((each) => each.name),
    categories: states.map((each) => each.category),
    made: made.id,
    state: changed.fields["System.State"],
    stale,
    found: found.workItems.map((each) => each.id),
    titles: many.map((each) => each.fields["System.Title"]),
    updates: updates.length,
    gone,
    binned: binned.name,
    read: read.fields["System.State"],
  }),
);
