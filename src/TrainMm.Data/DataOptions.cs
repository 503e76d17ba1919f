using TrainMm.Core.Config;
using TrainMm.Data.Batching;
using TrainMm.Data.Media;
using TrainMm.Data.Mixtures;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Instructions;
using TrainMm.Data.Text.Llava;
using TrainMm.Data.Text.Templates;

namespace TrainMm.Data;

/// <summary>What becomes of a training sample that cannot be used.</summary>
public enum BadSamplePolicy
{
    /// <summary>It is set aside, said and counted; the order of the others stays, and no other takes its place.</summary>
    Quarantine,

    /// <summary>The run ends, exit code 3.</summary>
    Fail,
}

/// <summary>What is trained and validated on, and how it becomes batches.</summary>
public sealed class DataOptions : IValidatable
{
    /// <summary>What is trained on: a manifest, or a list of manifests with how much of each an epoch has.</summary>
    [NotEmpty]
    [ShortForm(nameof(MixturePart.Manifest))]
    public required IReadOnlyList<MixturePart> Train { get; init; }

    /// <summary>The manifest of what the held-out loss is measured on; null: no held-out loss.</summary>
    [PathValue(PathRule.ExistingFile)]
    public string? Validation { get; init; }

    /// <summary>A tokenizer.json, or a folder that holds one; null: the language model's folder.</summary>
    [PathValue(PathRule.Existing)]
    public string? Tokenizer { get; init; }

    /// <summary>How a conversation becomes text.</summary>
    [FromCatalog(typeof(TemplateCatalog))]
    public required Component<ChatTemplate, ITokenizer> Template { get; init; }

    /// <summary>
    /// Ways of putting a question: texts with the slot <c>{Question}</c> for what the row asks and, where wanted, <c>&lt;Image&gt;</c> for the turn's media. Each sample gets one,
    /// by seed and row; empty: questions stay as the rows have them.
    /// </summary>
    public IReadOnlyList<string> Instructions { get; init; } = [];

    /// <summary>How it is known which tokens are trained on.</summary>
    public Masking Masking { get; init; } = Masking.PerSegment;

    /// <summary>Tokens that a sample may have, its media's positions included.</summary>
    [AtLeast(1)]
    public int MaxLength { get; init; } = 2048;

    /// <summary>What becomes of a longer sample; those that are cut or left out are counted.</summary>
    public TooLong TooLong { get; init; } = TooLong.Fail;

    /// <summary>
    /// Whether a step's samples go through the language model without padding: end to end in rows of up to max_length tokens, none seeing another. A step has the same samples, the same loss and
    /// the same gradient but for their last bits.
    /// </summary>
    public Packing Packing { get; init; } = Packing.None;

    /// <summary>
    /// Puts samples of like length into one step, so that less is padded: the samples of 50 steps at a time are sorted by length, and the steps shuffled. An epoch has the samples that it has otherwise;
    /// all are tokenised before the first step.
    /// </summary>
    public bool GroupByLength { get; init; }

    /// <summary>What becomes of training samples that cannot be used: rows that cannot be read, media that are missing or damaged, texts that cannot be tokenised.</summary>
    public BadSamplePolicy OnBadSample { get; init; } = BadSamplePolicy.Quarantine;

    /// <summary>The share of the training set's rows that on_bad_sample: quarantine sets aside; one more ends the run.</summary>
    [Range(0, 1)]
    public double MaxBadFraction { get; init; } = 0.01;

    /// <summary>Threads that decode media and tokenise; batches are the same for any number.</summary>
    [AtLeast(1)]
    public int Workers { get; init; } = 1;

    /// <summary>Megabytes of decoded and resized media to keep in memory, so that later epochs decode nothing.</summary>
    [AtLeast(0)]
    public int MediaCacheMb { get; init; } = 256;

    /// <summary>Turns pictures as their EXIF orientation says. LLaVA's own code does not.</summary>
    public bool ExifOrientation { get; init; } = true;

    /// <summary>Pixels that a picture may have; a larger one is refused from its header.</summary>
    [AtLeast(1)]
    public long MaxPixels { get; init; } = ImageDecodeOptions.DefaultMaxPixels;

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        ArgumentNullException.ThrowIfNull(checks);
        if (MixturePlan.FaultOf(Train) is { } mixture) checks.Error(nameof(Train), mixture);
        foreach (var text in Instructions.Select(InstructionTexts.FaultOf).OfType<string>()) checks.Error(nameof(Instructions), text);
        if (GroupByLength && Packing == Packing.Pack) checks.Error(nameof(GroupByLength), "has no padding to save where packing is pack", "false leaves the order of samples random");
        if (Train.Any(part => part.Tasks.Count > 0))
        {
            if (Masking == Masking.LlavaCompat) checks.Error(nameof(Masking), "llava_compat knows no tasks, which a data set of train has", "masking: per_segment does");
            if (TooLong == TooLong.TruncateText) checks.Error(nameof(TooLong), "truncate_text could cut off all that a task leaves to be said", "too_long: drop leaves such samples out, and counts them");
        }

        if (Masking == Masking.LlavaCompat && LlavaForm.FaultOf(Template) is { } fault) checks.Error(nameof(Masking), fault, "masking: per_segment takes any template");
    }

    /// <summary>The part of these options that batches are built with.</summary>
    public BatchOptions ToBatchOptions() => new()
    {
        Workers = Workers,
        MediaCacheBytes = (long)MediaCacheMb << 20,
        Images = new ImageDecodeOptions { ApplyOrientation = ExifOrientation, MaxPixels = MaxPixels },
    };
}
