// What a person is told of. Each rule asks for a line that the code writes: shared/alerts.py, shared/tickets/upkeep/sweep.py.

param location string
param tags object
param token string
param workspaceId string

@description('Empty: alerts are shown in Azure, and nobody is mailed.')
param email string

var rules = [
  {
    name: 'credential'
    title: 'A managed token could not be replaced, or a connection\'s credential is refused'
    severity: 1
    query: 'AppTraces | where Message startswith "alert token:" or Message startswith "connection waits, credential:"'
    minutes: 15
  }
  {
    name: 'failed-message'
    title: 'A message failed and waits for a person: GET /api/failed-messages'
    severity: 2
    query: 'AppTraces | where Message startswith "alert failed_message:" or Message startswith "alert work_without_result:"'
    minutes: 15
  }
  {
    name: 'hooks'
    title: 'Service hooks are down, or silent'
    severity: 2
    query: 'AppTraces | where Message startswith "alert hooks_down:" or Message startswith "alert hooks_silent:"'
    minutes: 60
  }
  {
    name: 'right'
    title: 'A connection may no longer do something that it could'
    severity: 2
    query: 'AppTraces | where Message startswith "alert right_missing:"'
    minutes: 60
  }
  {
    name: 'overdue'
    title: 'A ticket is due and nobody has worked on it for a quarter of an hour, or it was put off for hours'
    severity: 1
    query: 'AppTraces | where Message startswith "overdue:" or Message startswith "alert ticket_stuck:"'
    minutes: 15
  }
  {
    name: 'errors'
    title: 'One invocation in twenty fails'
    severity: 1
    query: 'AppRequests | summarize failed = countif(Success == false), all = count() | where all >= 20 and failed * 20 >= all'
    minutes: 15
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'bridge'
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource rule 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for one in rules: {
    name: 'alert-${one.name}-${token}'
    location: location
    tags: tags
    properties: {
      displayName: one.title
      severity: one.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT${one.minutes}M'
      windowSize: 'PT${one.minutes}M'
      criteria: {
        allOf: [
          {
            query: one.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      autoMitigate: false
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]
