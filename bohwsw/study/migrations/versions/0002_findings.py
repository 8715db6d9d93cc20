"""What was found in a trial beside its outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column for it."""
    op.add_column("trials", sa.Column("findings", sa.Text))
