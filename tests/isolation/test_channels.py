"""Each channel with every control in place."""

from django.conf import settings

from tests.isolation.channels import CHANNELS, ChannelChecks, PoolChecks, ReplicaChecks
from tests.test_replica import configured


class ChannelTests(ChannelChecks):
    def test_every_channel_is_tight(self) -> None:
        for name in CHANNELS:
            with self.subTest(name):
                self.isolated(name)


class ReplicaTests(ReplicaChecks):
    def test_a_read_that_may_lag_is_of_the_tenant_that_was_entered(self) -> None:
        with configured(int(settings.DATABASES["default"]["PORT"])):
            self.check_replica()


class PoolTests(PoolChecks):
    def test_a_connection_at_rest_remembers_no_tenant(self) -> None:
        self.check_pool()
