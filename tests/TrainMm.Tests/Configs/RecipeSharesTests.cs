using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Configs;

/// <summary>How much of a system is trained, at its published size and without memory for it, against what its paper or its published weights say.</summary>
[Collection(ProcessWide.Name)]
public sealed class RecipeSharesTests : IDisposable
{
    private const string Vicuna7B = "model.language_model={ checkpoint: null, architecture: {} }";
    private const string Vicuna13B = "model.language_model={ checkpoint: null, architecture: { hidden_size: 5120, intermediate_size: 13824, num_hidden_layers: 40, num_attention_heads: 40 } }";
    private const string Opt27B = "model.language_model={ checkpoint: null, architecture: { hidden_size: 2560, ffn_dim: 10240, num_hidden_layers: 32, num_attention_heads: 32 } }";
    private const string Opt67B = "model.language_model={ checkpoint: null, architecture: { hidden_size: 4096, ffn_dim: 16384, num_hidden_layers: 32, num_attention_heads: 32 } }";
    private const string Qwen7B = "model.language_model={ checkpoint: null, architecture: {} }";
    private const string ClipLargeSizes = "{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16, image_size: SIZE, patch_size: 14 }";
    private const string ClipLarge = $"model.modalities.image.encoder={{ checkpoint: null, architecture: {ClipLargeSizes} }}";
    private const string EvaGiant = "model.modalities.image.encoder={ checkpoint: null, architecture: {} }";
    private const string EvaClipGiant = "model.modalities.image.encoder={ checkpoint: null, architecture: { embed_dim: 1024, layers: 40, width: 1408, head_width: 88, mlp_ratio: 4.3637, patch_size: 14 } }";
    private const string EvaEnormous = "model.modalities.image.encoder={ checkpoint: null, architecture: { embed_dim: 1024, layers: 64, width: 1792, head_width: 112, mlp_ratio: 8.571428571428571, patch_size: 14, postnorm: true } }";
    private const string NfnetF6 = "model.modalities.image.encoder={ checkpoint: null, architecture: {} }";
    private const string Llama65B = "model.language_model={ checkpoint: null, architecture: { hidden_size: 8192, intermediate_size: 22016, num_hidden_layers: 80, num_attention_heads: 64 } }";
    private const string FramesOfEvaGiant = "model.modalities.video.encoder={ encoder: { checkpoint: null, architecture: {} } }";
    private const string QFormer = "model.modalities.image.input_projector={ checkpoint: null, new_projection: false, architecture: {} }";
    private const string ImageBindHuge = "model.modalities.image.encoder={ checkpoint: null, architecture: {} }";
    private const string ClipBigG = "model.modalities.image.encoder={ checkpoint: null, architecture: { embed_dim: 1280, layers: 48, width: 1664, head_width: 104, mlp_ratio: 4.9231, patch_size: 14, image_size: 224 } }";

    private const string StableDiffusion15 = "model.generation.image.generator={ checkpoint: null, architecture: {} }";
    private const string StableDiffusion21 = "model.generation.image.generator={ checkpoint: null, architecture: { unet: { cross_attention_dim: [1024], attention_head_dim: [5, 10, 20, 20], use_linear_projection: true }, text_encoder: { hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 23, num_attention_heads: 16, hidden_act: gelu } } }";

    private const string ImageBindSound = "model.modalities.audio.encoder={ checkpoint: null, architecture: {} }";

    private readonly TempFolder folder = new();
    private readonly NamedFiles named;

    public RecipeSharesTests() => named = new NamedFiles(folder);

    public void Dispose()
    {
        named.Dispose();
        folder.Dispose();
    }

    /// <summary>The projectors and adapters of published weights have exactly these many parameters.</summary>
    [Theory]
    [InlineData("llava", "pretrain", 4_198_400, 224, Vicuna7B)]
    [InlineData("llava-1.5", "pretrain", 20_979_712, 336, Vicuna7B)]
    [InlineData("llava-1.5", "sft", 20_979_712 + 319_815_680, 336, Vicuna7B)]
    [InlineData("llava-1.5", "sft_full", 20_979_712 + 6_738_415_616, 336, Vicuna7B)]
    [InlineData("chatspot", "pretrain", 4_198_400, 224, Vicuna7B)]
    [InlineData("chatspot", "sft", 4_198_400 + 6_738_415_616, 224, Vicuna7B)]
    [InlineData("vila", "align", 20_979_712, 336, Vicuna7B)]
    [InlineData("vila", "pretrain", 20_979_712 + 6_738_415_616, 336, Vicuna7B)]
    [InlineData("vila", "sft", 20_979_712 + 6_738_415_616, 336, Vicuna7B)]
    public void LlavasCountsAreExact(string system, string file, long trainable, int size, string languageModel) =>
        Assert.Equal(trainable, Trainable(Parts(system, file, languageModel, ClipLarge.Replace("SIZE", $"{size}", StringComparison.Ordinal))));

    [Fact]
    public void VideoChatGptTrainsLlavasLinearLayer() =>
        Assert.Equal((1024 * 4096) + 4096, Trainable(Parts("video-chatgpt", "sft", Vicuna7B, "model.modalities.video.input_projector={ checkpoint: null }", $"model.modalities.video.encoder={{ encoder: {{ checkpoint: null, architecture: {ClipLargeSizes.Replace("SIZE", "224", StringComparison.Ordinal)} }} }}")));

    [Theory]
    [InlineData("pretrain")]
    [InlineData("sft")]
    public void MiniGpt4TrainsOneLinearLayer(string file) => Assert.Equal((768 * 4096) + 4096, Trainable(Parts("minigpt-4", file, Vicuna7B, EvaGiant, QFormer)));

    /// <summary>LoRA of rank 64 on queries and values of 32 layers, and one linear layer from four features of 1,408.</summary>
    [Theory]
    [InlineData("pretrain")]
    [InlineData("multitask")]
    [InlineData("sft")]
    public void MiniGptV2TrainsTheSameInItsThreeStages(string file) =>
        Assert.Equal((32 * 2 * 64 * (4096 + 4096)) + (4 * 1408 * 4096) + 4096, Trainable(Parts("minigpt-v2", file, Vicuna7B, EvaClipGiant)));

    /// <summary>Table 2 of arXiv:2301.12597: 107 M of 3.8 G with OPT-2.7B, 108 M of 7.8 G with OPT-6.7B. The first sum is 3.75 G, whichever way it was rounded.</summary>
    [Theory]
    [InlineData(Opt27B, 107, 3.8)]
    [InlineData(Opt67B, 108, 7.8)]
    public void Blip2TrainsWhatItsTableSays(string languageModel, int millions, double billions)
    {
        var parts = Parts("blip-2", "pretrain", languageModel, EvaGiant, QFormer);
        Assert.Equal(millions, Math.Round(Trainable(parts) / 1e6));
        Assert.Equal(billions, parts.Sum(part => part.Parameters) / 1e9, 0.06);
    }

    /// <summary>Section 2.2 of arXiv:2311.03079: 6.5 G, which is the visual expert's count.</summary>
    [Theory]
    [InlineData("pretrain")]
    [InlineData("multitask")]
    [InlineData("sft")]
    public void CogVlmTrainsItsVisualExpert(string file)
    {
        var parts = Parts("cogvlm", file, Vicuna7B, EvaEnormous).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(32L * ((4 * 4096 * 4096) + (3 * 4096 * 11008)), parts["fusion"].Trainable);
        Assert.Equal(6.5, Math.Round(parts["fusion"].Trainable / 1e9, 1));
        Assert.Equal(0, parts["language_model"].Trainable);
        Assert.Equal(file == "sft" ? parts["image.encoder"].Parameters : 0, parts["image.encoder"].Trainable);
    }

    /// <summary>
    /// Appendix B.1.1 of arXiv:2204.14198: a block before every seventh of 80 layers, from the first on. Its table 5 has 10 G for them and 194 M for the resampler: 12 blocks have that many where keys and values
    /// are made of the language model's width, as its table 4 can be read; here, as in OpenFlamingo, they are made of the encoder's.
    /// </summary>
    [Fact]
    public void FlamingoHasABlockBeforeEverySeventhLayer()
    {
        const long Block = (2L * 8192 * 8192) + (2L * 1536 * 8192) + (2L * 4 * 8192 * 8192) + (4 * 8192) + 2;
        var parts = Parts("flamingo", "pretrain", Llama65B, NfnetF6).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal((12 * Block) + 8192, parts["fusion"].Trainable);
        Assert.Equal(10, Math.Round(12 * (Block + (2L * (8192 - 1536) * 8192)) / 1e9));
        Assert.Equal(parts["image.input_projector"].Parameters, parts["image.input_projector"].Trainable);
        Assert.Equal(0, parts["image.encoder"].Trainable + parts["language_model"].Trainable);
    }

    [Fact]
    public void VideoChatTrainsQueriesAndOneLinearLayer() =>
        Assert.Equal((32 * 768) + (768 * 4096) + 4096, Trainable(Parts("videochat", "sft", Vicuna7B, FramesOfEvaGiant, QFormer.Replace("image", "video", StringComparison.Ordinal))));

    /// <summary>Two layers of attention, cross-attention and feed-forward layer in either branch, 768 wide and 3,072 within; clips of sound are 1,024 wide.</summary>
    [Fact]
    public void VideoLlamaTrainsAQFormerOverFramesInEitherBranch()
    {
        const string Frames = "model.modalities.video.input_projector={ frame_q_former: { checkpoint: null, architecture: {} } }";
        const long Attention = (4 * ((768 * 768) + 768)) + (2 * 768);
        const long FeedForward = (2 * 768 * 3072) + 3072 + 768 + (2 * 768);
        const long Branch = (2 * ((2 * Attention) + FeedForward)) + (2 * 768) + (768 * 4096) + 4096;
        const long Sound = 2 * 2 * (1024 - 768) * 768; // keys and values of the clips
        var parts = Parts("video-llama", "pretrain", Vicuna7B, FramesOfEvaGiant, Frames, ImageBindHuge.Replace("image", "audio", StringComparison.Ordinal)).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(Branch + (2 * 32 * 768), parts["video.input_projector"].Trainable);
        Assert.Equal(Branch + Sound + (8 * 768) + (8 * 1024), parts["audio.input_projector"].Trainable);
        Assert.Equal(0, parts["video.encoder"].Trainable + parts["audio.encoder"].Trainable + parts["language_model"].Trainable);
    }

    /// <summary>Section 3.1 of arXiv:2301.12597 says 188 M for the first stage's Q-Former; the tensors of its published weights are 186 M, its head over words included.</summary>
    [Fact]
    public void Blip2sFirstStageTrainsQFormerAndHeads()
    {
        var parts = Parts("blip-2", "align", EvaGiant, "model.modalities.image.input_projector={ bert: null }").ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(186, Math.Round((parts["image.input_projector"].Trainable + parts["objectives.image_grounded_generation"].Trainable) / 1e6));
        Assert.Equal((2 * 256 * 769) + 1, parts["objectives.image_text_contrastive"].Trainable);
        Assert.Equal(2 * 769, parts["objectives.image_text_matching"].Trainable);
        Assert.Equal(0, parts["image.encoder"].Trainable);
    }

    /// <summary>Section 3 of arXiv:2305.16355: 0.4 % of all parameters.</summary>
    [Fact]
    public void PandaGptTrainsFourThousandths()
    {
        var parts = Parts("pandagpt", "sft", Vicuna13B, ImageBindHuge);
        Assert.Equal(0.4, Math.Round(100.0 * Trainable(parts) / parts.Sum(part => part.Parameters), 1));
    }

    /// <summary>The layers behind the two Q-Formers.</summary>
    [Fact]
    public void BuboGptTrainsTwoLinearLayersInTheEnd() =>
        Assert.Equal(2 * ((768 * 4096) + 4096), Trainable(Parts("bubogpt", "sft", Vicuna7B, EvaGiant, "model.modalities.image.input_projector={ checkpoint: null, architecture: {} }", ImageBindSound)));

    /// <summary>That for pictures is InstructBLIP's, with 185,683,968 parameters and a row of 768 more for LAVIS's token, and the layer to 4,096: 188 M, as that paper says.</summary>
    [Fact]
    public void XInstructBlipTrainsAQFormerForEachModality()
    {
        var parts = Parts("x-instructblip", "sft", [Vicuna7B, .. XInstructBlipParts()]).ToDictionary(part => part.Path, StringComparer.Ordinal);
        foreach (var modality in (string[])["image", "video", "audio", "points"])
        {
            Assert.Equal(0, parts[$"{modality}.encoder"].Trainable);
            Assert.Equal(parts[$"{modality}.input_projector"].Parameters, parts[$"{modality}.input_projector"].Trainable);
        }

        Assert.Equal(185_683_968 + 768 + (768 * 4096) + 4096, parts["image.input_projector"].Trainable);
    }

    private static IEnumerable<string> XInstructBlipParts()
    {
        yield return EvaGiant;
        yield return "model.modalities.video.encoder.encoder={ checkpoint: null, architecture: {} }";
        foreach (var modality in (string[])["audio", "points"])
        {
            yield return $"model.modalities.{modality}.encoder.checkpoint=null";
            yield return $"model.modalities.{modality}.input_projector.new_cross_attention=false";
        }

        foreach (var modality in (string[])["image", "video", "audio", "points"]) yield return $"model.modalities.{modality}.input_projector={{ checkpoint: null, new_projection: false }}";
    }

    /// <summary>Table 1 of arXiv:2309.05519: 4M for each linear layer, 31M for the output projector of pictures, 32M for that of videos. That of sounds leads to another generator here.</summary>
    [Fact]
    public void NextGptTrainsWhatItsTableSays()
    {
        string[] settings = [Vicuna7B, ImageBindHuge, ImageBindSound, "model.modalities.video.encoder.encoder={ checkpoint: null, architecture: {} }"];
        Assert.Equal(3 * 4_198_400, Trainable(Parts("next-gpt", "encode", settings)));
        string[] generators = [StableDiffusion15, StableDiffusion15.Replace("image", "video", StringComparison.Ordinal), StableDiffusion15.Replace("image", "audio", StringComparison.Ordinal)];
        var decode = Parts("next-gpt", "decode", [.. settings, .. generators]).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(31, decode["image.output_projector"].Trainable / 1_000_000);
        Assert.Equal(32, decode["video.output_projector"].Trainable / 1_000_000);
        Assert.Equal((4 + 24 + 8) * 2 * 4096, decode["signal_tokens"].Trainable);
        string[] trained = ["signal_tokens", "image.output_projector", "video.output_projector", "audio.output_projector"];
        Assert.Equal(trained.Sum(part => decode[part].Trainable), Trainable([.. decode.Values]));
        Assert.Equal(319_815_680 + (3 * 4_198_400) + Trainable([.. decode.Values]), Trainable(Parts("next-gpt", "instruct", [.. settings, .. generators])));
    }

    /// <summary>Eight tokens' rows in table and head, and the projector; then LoRA of rank 8 on queries and values of 32 layers, the rows, and of the projector the transformer.</summary>
    [Fact]
    public void MiniGpt5TrainsItsTokensAndItsProjector()
    {
        const long Rows = 8 * 2 * 4096;
        const long TwoLayers = (4096 * 1024) + 1024 + (1024 * 1024) + 1024;
        const long Queries = 77 * 1024;
        string[] settings = [Vicuna7B, EvaGiant, QFormer, StableDiffusion21];
        var first = Parts("minigpt-5", "pretrain", settings).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(Rows, first["signal_tokens"].Trainable);
        Assert.Equal(Rows + first["image.output_projector"].Parameters, Trainable([.. first.Values]));
        var second = Parts("minigpt-5", "sft", settings);
        Assert.Equal((32 * 2 * 8 * (4096 + 4096)) + Rows + first["image.output_projector"].Parameters - TwoLayers - Queries, Trainable(second));
    }

    /// <summary>Table 1 of arXiv:2308.12966: 0.08 G in the adapter, 7.7 G in the language model. The published weights have one more square matrix behind the adapter's attention.</summary>
    [Fact]
    public void QwenVlsPartsAreAsItsTableSays()
    {
        var parts = Parts("qwen-vl", "pretrain", Qwen7B, ClipBigG).ToDictionary(part => part.Path, StringComparer.Ordinal);
        Assert.Equal(0.08, Math.Round((parts["image.input_projector"].Trainable - (4096 * 4096)) / 1e9, 2));
        Assert.Equal(7.7, Math.Round(parts["language_model"].Parameters / 1e9, 1));
        Assert.Equal(0, parts["language_model"].Trainable);
        Assert.Equal(parts["image.encoder"].Parameters, parts["image.encoder"].Trainable);
        Assert.All(Parts("qwen-vl", "multitask", Qwen7B, ClipBigG), part => Assert.Equal(part.Parameters, part.Trainable));
    }

    private static long Trainable(IReadOnlyList<PartSummary> parts) => parts.Sum(part => part.Trainable);

    private static IReadOnlyList<PartSummary> Parts(string system, string file, params string[] settings)
    {
        var stage = file == "pretrain" ? StageKind.Pretrain : StageKind.Sft;
        var path = Path.Combine(Snapshot.RepositoryRoot, "configs", system, $"{file}.yaml");
        var options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(path, settings));
        using var scope = torch.NewDisposeScope();
        using var model = ModelAssembly.Declare(options, options.Trainable ?? Stage.Of(stage).DefaultTrainable(options.Model));
        return ParameterTable.Of(model);
    }
}
