using TrainMm.Core.Config;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Generators.Diffusion.Unet;

/// <summary>Reads the <c>config.json</c> of diffusers' <c>UNet2DConditionModel</c>.</summary>
public static class UnetConfig
{
    /// <summary>AudioLDM 2's, whose transformers see several conditions.</summary>
    private const string Several = "AudioLDM2UNet2DConditionModel";

    /// <summary>What is not known here: other inputs than latents, timestep and condition, and their parts.</summary>
    private static readonly string[] Unknown =
    [
        "addition_embed_type", "class_embed_type", "cross_attention_norm", "encoder_hid_dim", "encoder_hid_dim_type", "num_attention_heads", "num_class_embeds",
        "projection_class_embeddings_input_dim", "reverse_transformer_layers_per_block", "time_cond_proj_dim", "timestep_post_act",
    ];

    /// <summary>The sizes. That attention is to be computed in higher precision (<c>upcast_attention</c>) is left aside: the reference does so, too, with its fused attention.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">It is no such UNet, has parts that are not known here, or a value is of another type.</exception>
    public static UnetArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("_class_name", "UNet2DConditionModel");
        if (type is not ("UNet2DConditionModel" or Several)) throw config.Fault("_class_name", $"is '{type}', neither UNet2DConditionModel nor {Several}");
        RefuseUnknownParts(config);
        Expect("attention_type", "default");
        Expect("time_embedding_type", "positional");
        if (config.Has("only_cross_attention") && !config.IsFlag("only_cross_attention")) throw config.Fault("only_cross_attention", "is neither true nor false; different blocks are not known here");
        var defaults = new UnetArchitecture();
        var several = type == Several && config.HoldsLists("cross_attention_dim");
        var read = new UnetArchitecture
        {
            SampleSize = config.Has("sample_size") ? config.Counts("sample_size", [])[0] : defaults.SampleSize,
            InChannels = config.Integer("in_channels", defaults.InChannels),
            OutChannels = config.Integer("out_channels", defaults.OutChannels),
            CenterInputSample = config.Flag("center_input_sample", defaults.CenterInputSample),
            FlipSinToCos = config.Flag("flip_sin_to_cos", defaults.FlipSinToCos),
            FreqShift = config.Number("freq_shift", defaults.FreqShift),
            DownBlockTypes = config.Has("down_block_types") ? config.Texts("down_block_types") : defaults.DownBlockTypes,
            MidBlockType = config.IsNull("mid_block_type") ? null : config.Text("mid_block_type", defaults.MidBlockType),
            UpBlockTypes = config.Has("up_block_types") ? config.Texts("up_block_types") : defaults.UpBlockTypes,
            OnlyCrossAttention = config.Flag("only_cross_attention", defaults.OnlyCrossAttention),
            BlockOutChannels = config.Counts("block_out_channels", defaults.BlockOutChannels),
            LayersPerBlock = config.Counts("layers_per_block", defaults.LayersPerBlock),
            DownsamplePadding = config.Integer("downsample_padding", defaults.DownsamplePadding),
            MidBlockScaleFactor = config.Number("mid_block_scale_factor", defaults.MidBlockScaleFactor),
            ActFn = config.Text("act_fn", defaults.ActFn),
            NormNumGroups = config.Integer("norm_num_groups", defaults.NormNumGroups),
            NormEps = config.Number("norm_eps", defaults.NormEps),
            CrossAttentionDim = several ? defaults.CrossAttentionDim : config.Counts("cross_attention_dim", defaults.CrossAttentionDim),
            TransformerConditions = several ? TransformerConditions(config) : [],
            TransformerLayersPerBlock = config.Counts("transformer_layers_per_block", defaults.TransformerLayersPerBlock),
            AttentionHeadDim = config.Counts("attention_head_dim", defaults.AttentionHeadDim),
            UseLinearProjection = config.Flag("use_linear_projection", defaults.UseLinearProjection),
            ResnetTimeScaleShift = config.Text("resnet_time_scale_shift", defaults.ResnetTimeScaleShift),
            TimeEmbeddingDim = config.Has("time_embedding_dim") ? config.Integer("time_embedding_dim") : null,
            TimeEmbeddingActFn = config.Has("time_embedding_act_fn") ? config.Text("time_embedding_act_fn") : null,
            ConvInKernel = config.Integer("conv_in_kernel", defaults.ConvInKernel),
            ConvOutKernel = config.Integer("conv_out_kernel", defaults.ConvOutKernel),
        };
        foreach (var (property, message) in read.Problems()) throw config.Fault(OptionName.Of(property), message);
        return read;

        void Expect(string key, string known)
        {
            if (config.Text(key, known) is var value && value != known) throw config.Fault(key, $"is '{value}'; known here: {known}");
        }
    }

    /// <summary>Refuses what no UNet here has.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The configuration has such a part.</exception>
    internal static void RefuseUnknownParts(HuggingFaceConfig config)
    {
        foreach (var key in Unknown)
            if (config.Has(key)) throw config.Fault(key, "is given, which is not known here");
        if (config.Flag("dual_cross_attention", false)) throw config.Fault("dual_cross_attention", "is true, which is not known here");
        if (config.IsNull("norm_num_groups")) throw config.Fault("norm_num_groups", "is null: a UNet without norms is not known here");
    }

    /// <summary>The lists of <c>cross_attention_dim</c>, null for a transformer that sees the places alone. The reference gives the first two transformers its first condition and the others its second.</summary>
    private static int[] TransformerConditions(HuggingFaceConfig config)
    {
        const string key = "cross_attention_dim";
        var lists = config.OptionalCounts(key);
        if (lists.Any(list => !list.SequenceEqual(lists[0]))) throw config.Fault(key, "has different lists for different blocks, which is not known here");
        var places = lists[0].Index().Where(each => each.Item is not null).Select(each => each.Index).ToArray();
        if (places.Length == 0) throw config.Fault(key, "has no condition in it");
        if (places.Length > 2 || places[0] > 1 || (places.Length == 2 && places[1] <= 1)) throw config.Fault(key, "gives a condition to two transformers, or leaves the first out, which is not known here");
        return [.. lists[0].Select(width => width ?? 0)];
    }
}
