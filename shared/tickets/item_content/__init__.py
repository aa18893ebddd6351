"""The content of a work item: its texts and its fields.

work_item_fields  all that it should have
content           its title and its description
standard_text     the description where the link has no template
type_fields       which fields a type has
"""
