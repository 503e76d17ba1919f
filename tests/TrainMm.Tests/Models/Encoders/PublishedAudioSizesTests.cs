using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Hubert;
using TrainMm.Models.Encoders.Whisper;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

/// <summary>Names and shapes at the published sizes, on the meta device: no memory is taken.</summary>
public sealed class PublishedAudioSizesTests
{
    [Fact]
    public void WhisperLargeV2HasTheCheckpointsNamesAndShapes()
    {
        var sizes = new WhisperArchitecture { DModel = 1280, EncoderLayers = 32, EncoderAttentionHeads = 20, EncoderFfnDim = 5120 };
        using var encoder = new WhisperEncoder(sizes, WhisperPreprocessing.Read(folder: null, sizes, LongClips.Fail), new ModuleScope("audio.encoder", ScalarType.Float16, META));
        var expected = new Shapes();
        expected.Both("model.encoder.conv1", 1280, 80, 3);
        expected.Both("model.encoder.conv2", 1280, 1280, 3);
        expected.One("model.encoder.embed_positions.weight", 1500, 1280);
        expected.Both("model.encoder.layer_norm", 1280);
        for (var i = 0; i < 32; i++)
        {
            var layer = $"model.encoder.layers.{i}";
            foreach (var name in (string[])["q_proj", "v_proj", "out_proj"]) expected.Both($"{layer}.self_attn.{name}", 1280, 1280);
            expected.One($"{layer}.self_attn.k_proj.weight", 1280, 1280);
            expected.Both($"{layer}.fc1", 5120, 1280);
            expected.Both($"{layer}.fc2", 1280, 5120);
            foreach (var norm in (string[])["self_attn_layer_norm", "final_layer_norm"]) expected.Both($"{layer}.{norm}", 1280);
        }

        expected.AssertEqual(encoder);
        Assert.Equal(636_784_640, encoder.parameters().Sum(parameter => parameter.numel())); // of the 1,543,304,960 with the decoder
        Assert.Equal((1500, 1280), (encoder.Output.Tokens, encoder.Output.Width));
        Assert.Equal(new LogMelSpec(16_000, 480_000, 80, 400, 160), encoder.Input);
    }

    [Fact]
    public void HubertBaseHasTheCheckpointsNamesAndShapes()
    {
        using var encoder = new HubertEncoder(new HubertArchitecture(), new WaveformSpec(16_000, 160_000, Normalise: true), isMasked: false, new ModuleScope("audio.encoder", ScalarType.Float16, META));
        var expected = Hubert(768, 3072, 12, convolutionsHaveBias: false, norms: 1);
        expected.AssertEqual(encoder);
        Assert.Equal(94_370_944, encoder.parameters().Sum(parameter => parameter.numel())); // 94,371,712 with the vector for hidden frames
        Assert.Equal((499, 768), (encoder.Output.Tokens, encoder.Output.Width));
    }

    [Fact]
    public void HubertLargeHasTheCheckpointsNamesAndShapes()
    {
        var sizes = new HubertArchitecture
        {
            HiddenSize = 1024,
            IntermediateSize = 4096,
            NumHiddenLayers = 24,
            NumAttentionHeads = 16,
            FeatExtractNorm = FeatureNorm.Layer,
            ConvBias = true,
            DoStableLayerNorm = true,
        };
        using var encoder = new HubertEncoder(sizes, new WaveformSpec(16_000, 160_000, Normalise: true), isMasked: true, new ModuleScope("audio.encoder", ScalarType.Float16, META));
        Hubert(1024, 4096, 24, convolutionsHaveBias: true, norms: 7).AssertEqual(encoder);
        Assert.Equal(315_437_696, encoder.parameters().Sum(parameter => parameter.numel())); // 315,438,720 with the vector for hidden frames
    }

    private static Shapes Hubert(int width, int inner, int layers, bool convolutionsHaveBias, int norms)
    {
        var expected = new Shapes();
        int[] kernels = [10, 3, 3, 3, 3, 2, 2];
        for (var i = 0; i < 7; i++)
        {
            expected.One($"feature_extractor.conv_layers.{i}.conv.weight", 512, i == 0 ? 1 : 512, kernels[i]);
            if (convolutionsHaveBias) expected.One($"feature_extractor.conv_layers.{i}.conv.bias", 512);
            if (i < norms) expected.Both($"feature_extractor.conv_layers.{i}.layer_norm", 512);
        }

        expected.Both("feature_projection.layer_norm", 512);
        expected.Both("feature_projection.projection", width, 512);
        expected.One("encoder.pos_conv_embed.conv.bias", width);
        expected.One("encoder.pos_conv_embed.conv.weight_g", 1, 1, 128);
        expected.One("encoder.pos_conv_embed.conv.weight_v", width, width / 16, 128);
        expected.Both("encoder.layer_norm", width);
        for (var i = 0; i < layers; i++)
        {
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "out_proj"]) expected.Both($"encoder.layers.{i}.attention.{name}", width, width);
            expected.Both($"encoder.layers.{i}.feed_forward.intermediate_dense", inner, width);
            expected.Both($"encoder.layers.{i}.feed_forward.output_dense", width, inner);
            foreach (var norm in (string[])["layer_norm", "final_layer_norm"]) expected.Both($"encoder.layers.{i}.{norm}", width);
        }

        return expected;
    }

    private sealed class Shapes
    {
        private readonly Dictionary<string, long[]> expected = new(StringComparer.Ordinal);

        public void One(string name, params long[] shape) => expected[name] = shape;

        public void Both(string name, params long[] shape)
        {
            One($"{name}.weight", shape);
            One($"{name}.bias", shape[0]);
        }

        public void AssertEqual(nn.Module module)
        {
            var actual = module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
            foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
        }
    }
}
