using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data;
using TrainMm.Data.Batching;
using TrainMm.Data.Manifests;
using TrainMm.Data.Media;
using TrainMm.Data.Mixtures;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Instructions;
using TrainMm.Data.Text.Llava;
using TrainMm.Data.Text.Tasks;
using TrainMm.Data.Text.Templates;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Models;
using TrainMm.Training.Objectives;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Loop;

/// <summary>What a run needs to turn manifests into batches for its model.</summary>
internal sealed class DataAssembly
{
    private readonly RunOptions options;
    private readonly IReadOnlyDictionary<string, MediumLayout> media;
    private readonly IReadOnlyDictionary<string, SignalLayout> signals;
    private readonly BatchOptions batching;
    private readonly BadSamples? bad;

    /// <summary>Reads the tokenizer and makes the template.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="model">The model, which says how media must look and how many tokens they take.</param>
    /// <param name="captions">What objectives want of each sample's answer; null is nothing.</param>
    /// <param name="bad">Takes what cannot be used of the training set; null: there may be none.</param>
    /// <exception cref="ConfigurationException">A tokenizer does not fit the part that it is for, or is not named.</exception>
    /// <exception cref="DataException">A tokenizer cannot be read.</exception>
    public DataAssembly(RunOptions options, MultimodalModel model, IReadOnlyList<InstructionSpec>? captions = null, BadSamples? bad = null)
    {
        (this.options, this.bad) = (options, bad);
        batching = options.Data.ToBatchOptions() with { Captions = (captions ?? []).ToDictionary(spec => spec, spec => ReaderFor(spec, options, nameof(options.Objectives), "the answer", "the objective")) };
        media = model.Modalities.ToDictionary(
            pair => pair.Key,
            pair => new MediumLayout(pair.Value.Encoder.Input, pair.Value.TokensPerMedium) { Instructions = InstructionsFor(options, pair.Key, pair.Value.Projector.Instruction) },
            StringComparer.Ordinal);
        signals = model.Outputs.ToDictionary(pair => pair.Key, pair => SignalsFor(options, pair.Key, pair.Value.Generator), StringComparer.Ordinal);
        var tokenizer = TokenizerFile.Load(ModelAssembly.TokenizerPath(options));
        var rows = model.SignalTokens?.FirstId ?? model.LanguageModel.Spec.VocabularySize;
        if (tokenizer.VocabularySize > rows)
            throw OptionSource.Error(options.Data, nameof(options.Data.Tokenizer), $"the tokenizer has {tokenizer.VocabularySize} ids, the language model {rows} embeddings");
        Tokenizer = SignalsOf(model, tokenizer) is { } vocabulary ? tokenizer.With(vocabulary) : tokenizer;
        Template = options.Data.Template.Create(Tokenizer);
        Samples = SamplesFor(options.Data.Template, Template);
    }

    /// <summary>The tokenizer.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>The run's chat template.</summary>
    public ChatTemplate Template { get; }

    /// <summary>Conversations → ids, labels and spans, with the run's template.</summary>
    public ISampleTokenizer Samples { get; }

    /// <summary>Modality → fingerprint of the tokenizer of the instruction that goes with its media; empty where no projector reads one.</summary>
    public SortedDictionary<string, string> InstructionTokenizers =>
        new(Readers.ToDictionary(pair => pair.Modality, pair => pair.Reader.Fingerprint, StringComparer.Ordinal), StringComparer.Ordinal);

    private IEnumerable<(string Modality, MediumInstructions Reader)> Readers => media.Where(pair => pair.Value.Instructions is not null).Select(pair => (pair.Key, pair.Value.Instructions!));

    /// <summary>The empty caption in the ids of a modality's generator.</summary>
    public long[] EmptyCaptionOf(string modality) => CaptionOf(modality, "");

    /// <summary>A caption in the ids of a modality's generator.</summary>
    public long[] CaptionOf(string modality, string text) => [.. signals[modality].IdsOf(text)];

    /// <summary>The shape of a medium as a modality's encoder is fed it.</summary>
    public IReadOnlyList<long> ShapeOf(string modality) => MediaPreprocessor.For(media[modality].Spec, batching.Images).Shape;

    /// <summary>The shape of a medium as a generator's target says; null where the run does not need such media.</summary>
    public IReadOnlyList<long>? TargetShapeOf(string modality) => signals[modality].Target is { } target ? MediaPreprocessor.For(target, batching.Images).Shape : null;

    /// <summary>Opens what the run trains on: one data set, or a mixture of several.</summary>
    /// <param name="notice">Told what was left out or cut.</param>
    /// <exception cref="ConfigurationException">A manifest is wrong.</exception>
    /// <exception cref="DataException">Its files or rows cannot be used.</exception>
    public OpenDataSet OpenTraining(Action<RunNotice> notice)
    {
        var parts = options.Data.Train;
        if (parts is [{ IsWhole: true } only]) return Open(only, notice, bad, options.Data.GroupByLength);
        var sets = new List<PreparedSet>();
        try
        {
            foreach (var part in parts) sets.Add(Prepare(part, notice, bad, options.Data.GroupByLength));
            foreach (var set in sets.DistinctBy(set => set.Template)) WarnOfMarks(set, notice);
            int[] sizes = [.. sets.Select(set => set.Source.Count)];
            var counts = MixturePlan.Counts(parts, sizes);
            var source = new MixtureSource([.. sets.Select(set => set.Source)], counts);
            var tokenizer = new MixtureTokenizer([.. sets.Select(set => set.Tokenizer)]);
            var batches = new BatchSource(source, Grouped(new MixtureOrder(options.Seed, sizes, counts), sets), tokenizer, media, batching, signals) { Bad = bad };
            return new OpenDataSet(source, batches, Template) { Parts = [.. sets.Zip(counts)] };
        }
        catch
        {
            foreach (var set in sets) set.Source.Dispose();
            throw;
        }
    }

    /// <summary>Opens a manifest. Samples that the length policy leaves out are out of it, with a notice that counts them.</summary>
    /// <param name="manifest">The manifest's path.</param>
    /// <param name="notice">Told what was left out or cut.</param>
    /// <exception cref="ConfigurationException">The manifest is wrong.</exception>
    /// <exception cref="DataException">Its files or rows cannot be used.</exception>
    public OpenDataSet Open(string manifest, Action<RunNotice> notice) => Open(new MixturePart { Manifest = manifest }, notice, tolerated: null);

    private OpenDataSet Open(MixturePart part, Action<RunNotice> notice, BadSamples? tolerated, bool isGrouped = false)
    {
        var set = Prepare(part, notice, tolerated, isGrouped);
        WarnOfMarks(set, notice);
        return Open(set, isGrouped) with { Parts = [(set, set.Source.Count)] };
    }

    /// <summary>Gives samples the way to batches, with the run's template.</summary>
    public OpenDataSet Open(ISampleSource source) => Open(new PreparedSet(source, Samples, Template, Counts: null, Bad: null));

    private OpenDataSet Open(PreparedSet set, bool isGrouped = false)
    {
        var order = new WholeSetOrder(SampleOrder.Shuffled(options.Seed), set.Source.Count);
        return new(set.Source, new BatchSource(set.Source, isGrouped ? Grouped(order, [set]) : order, set.Tokenizer, media, batching, signals) { Bad = set.Bad }, set.Template);
    }

    /// <summary>The order that the options want of a training set, of whose sets all lengths are known where it is grouped.</summary>
    private IRunOrder Grouped(IRunOrder order, IReadOnlyList<PreparedSet> sets) =>
        options.Data.GroupByLength ? new LengthGroupedOrder(order, options.Train.BatchSize, [.. sets.SelectMany(set => ((SelectedSource)set.Source).Lengths)], options.Seed) : order;

    private PreparedSet Prepare(MixturePart part, Action<RunNotice> notice, BadSamples? tolerated, bool needsLengths)
    {
        var opened = ManifestSource.Open(part.Manifest, tolerated);
        foreach (var text in opened.Notices) notice(new RunNotice(text, IsWarning: true));
        try
        {
            var (untasked, template) = TextOf(opened.Manifest);
            var tokenizer = WithTasks(untasked, part.Tasks);
            ISampleSource source = InstructionsFor(opened.Manifest) is { } instructions ? new InstructedSource(opened, instructions) : opened;
            if (!needsLengths && options.Data.TooLong == TooLong.Fail && options.Data.Masking == Masking.PerSegment)
            {
                TellOfCutInstructions(source, notice);
                return new PreparedSet(source, tokenizer, template, Counts: null, tolerated);
            }

            var selected = SelectedSource.Select(source, tokenizer, options.Data.Workers, tolerated);
            Tell(selected, source.Count, notice);
            TellOfCutInstructions(selected, notice);
            return new PreparedSet(selected, tokenizer, template, selected.Counts, tolerated);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The ways in which a manifest's questions are put; null: as the rows have them.</summary>
    public InstructionTexts? InstructionsFor(DataManifest manifest)
    {
        var texts = manifest.Instructions.Count > 0 ? manifest.Instructions : options.Data.Instructions;
        return texts.Count > 0 ? new InstructionTexts(texts, options.Seed) : null;
    }

    /// <summary>What turns a manifest's samples into ids whatever their length, for those who want to know how long they are.</summary>
    /// <param name="manifest">The manifest, which may have a template of its own.</param>
    /// <param name="tasks">What is to be learnt from its answers; empty where whole answers are.</param>
    /// <exception cref="ConfigurationException">The template does not go with the masking, or a task with the tokenizer.</exception>
    public ISampleTokenizer WholeTokenizerFor(DataManifest manifest, IReadOnlyList<Component<ITextTask, ITokenizer>> tasks)
    {
        var (own, template) = (manifest.Template ?? options.Data.Template, manifest.Template?.Create(Tokenizer) ?? Template);
        return WithTasks(SamplesFor(own, template, new LengthPolicy(int.MaxValue, TooLong.Fail)), tasks);
    }

    private ISampleTokenizer WithTasks(ISampleTokenizer tokenizer, IReadOnlyList<Component<ITextTask, ITokenizer>> tasks) =>
        tasks.Count == 0 ? tokenizer : new TextTaskTokenizer(tokenizer, new TextTasks(tasks, Tokenizer, options.Seed));

    private (ISampleTokenizer Tokenizer, ChatTemplate Template) TextOf(DataManifest manifest)
    {
        if (manifest.Template is not { } own) return (Samples, Template);
        if (options.Data.Masking == Masking.LlavaCompat && LlavaForm.FaultOf(own) is { } fault) throw OptionSource.Error(manifest, nameof(manifest.Template), fault);
        var template = own.Create(Tokenizer);
        return (SamplesFor(own, template), template);
    }

    private ISampleTokenizer SamplesFor(Component<ChatTemplate, ITokenizer> chosen, ChatTemplate template) =>
        SamplesFor(chosen, template, new LengthPolicy(options.Data.MaxLength, options.Data.TooLong));

    private ISampleTokenizer SamplesFor(Component<ChatTemplate, ITokenizer> chosen, ChatTemplate template, LengthPolicy length)
    {
        var placeholders = media.ToDictionary(pair => pair.Key, pair => pair.Value.TokensPerMedium, StringComparer.Ordinal);
        if (options.Data.Masking == Masking.PerSegment) return new SampleTokenizer(Tokenizer, template, placeholders, length);
        if (Tokenizer.Special.BeginOfText is null)
            throw OptionSource.Error(options.Data, nameof(options.Data.Masking), "llava_compat needs a tokenizer with a BOS token, as LLaMA's is; this one's tokenizer_config.json names no bos_token");
        return placeholders.Keys.Except([LlavaSampleTokenizer.Modality], StringComparer.Ordinal).FirstOrDefault() is { } other
            ? throw OptionSource.Error(options.Data, nameof(options.Data.Masking), $"llava_compat knows images only, and the model has the modality '{other}'", "masking: per_segment takes any modality")
            : new LlavaSampleTokenizer(Tokenizer, LlavaForm.Of(chosen), placeholders.GetValueOrDefault(LlavaSampleTokenizer.Modality), length);
    }

    private static void WarnOfMarks(PreparedSet set, Action<RunNotice> notice)
    {
        if (set.Template.UnknownMarks.Count == 0) return;
        notice(new RunNotice(
            $"{set.Source.Name}: the template writes {string.Join(", ", set.Template.UnknownMarks)}, which this tokenizer does not have as special tokens; they are trained on as plain text. Is it the template of this language model?",
            IsWarning: true));
    }

    private void Tell(SelectedSource selected, int rows, Action<RunNotice> notice)
    {
        var counts = selected.Counts;
        if (counts.Kept == rows) return;
        notice(new RunNotice(
            $"{selected.Name}: of {rows} samples {counts.Truncated} were cut to {options.Data.MaxLength} tokens, {counts.Shortened} lost their last turns ({counts.DroppedTurns} questions with their answers), "
                + $"{counts.DroppedTooLong} were left out as too long, {counts.DroppedUnsupervised} were left out because nothing to train on was left.",
            IsWarning: true));
    }

    /// <summary>Goes over the questions beside media, over the answers and over captions, where somebody reads them beside the language model.</summary>
    private void TellOfCutInstructions(ISampleSource source, Action<RunNotice> notice)
    {
        foreach (var (modality, reader) in Readers)
            Tell(reader, sample => [.. sample.Media.Zip(MediumInstructions.QuestionsOf(sample)).Where(pair => pair.First.Modality == modality).Select(pair => pair.Second)], $"instructions beside media of modality '{modality}'", "the input projector reads");
        foreach (var (modality, layout) in signals.Where(pair => pair.Value.NeedsCaptions))
        {
            foreach (var reader in layout.Captions)
                Tell(reader, sample => [.. CaptionsOf(sample, modality)], $"captions of media of modality '{modality}' that are to be made", "the generator reads");
        }

        foreach (var reader in batching.Captions.Values) Tell(reader, sample => [AnswerText.Of(sample)], "answers", "an objective reads");

        void Tell(MediumInstructions reader, Func<Sample, string[]> textsOf, string what, string who)
        {
            var (read, cut) = (0L, 0L);
            Parallel.For(0, source.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Data.Workers }, i =>
            {
                var texts = textsOf(source.Read(i));
                Interlocked.Add(ref read, texts.Length);
                Interlocked.Add(ref cut, texts.Count(reader.IsCut));
            });
            if (cut > 0) notice(new RunNotice($"{source.Name}: {cut} of {read} {what} are cut to the {reader.MaxTokens} tokens that {who}.", IsWarning: true));
        }
    }

    /// <summary>The language model's signal tokens. Where it is generators alone that are trained, a token for each medium holds its place in the answer, and nobody reads it.</summary>
    private static SignalVocabulary? SignalsOf(MultimodalModel model, ITokenizer tokenizer) =>
        model.SignalTokens ?? (model.Outputs.Count == 0 ? null : new SignalVocabulary(model.Outputs.Keys.ToDictionary(modality => modality, _ => 1, StringComparer.Ordinal), tokenizer.VocabularySize));

    private static IEnumerable<string> CaptionsOf(Sample sample, string modality) =>
        sample.Turns.SelectMany(turn => turn.Parts.OfType<SignalPart>()).Where(part => part.Modality == modality).Select(part => part.Caption);

    private static SignalLayout SignalsFor(RunOptions options, string modality, IGenerator generator)
    {
        var parts = options.Model.Generation[modality];
        return new SignalLayout([.. generator.Captions.Each.Select(spec => ReaderFor(spec, parts))], options.Objectives.Any(each => ObjectiveCatalog.NeedTargets.Contains(each.Kind)) ? generator.Target : null)
        {
            NeedsCaptions = options.Objectives.Any(each => each.Kind == ObjectiveCatalog.ConditionAlignment),
        };
    }

    private static MediumInstructions ReaderFor(CaptionSpec spec, OutputPathOptions parts)
    {
        if (spec.Tokenizer is null) throw OptionSource.Error(parts, nameof(parts.Generator), "reads captions, and there is no tokenizer for them", "name its folder or file: tokenizer: …");
        var tokenizer = TokenizerFile.Load(spec.Tokenizer);
        return tokenizer.VocabularySize <= spec.VocabularySize
            ? new MediumInstructions(tokenizer, spec.Tokens, spec.Padding ?? tokenizer.Special.Padding ?? tokenizer.Special.EndOfText ?? 0)
            : throw OptionSource.Error(parts, nameof(parts.Generator), $"the tokenizer of the captions ({spec.Tokenizer}) has {tokenizer.VocabularySize} ids, the generator {spec.VocabularySize} embeddings", "name the generator's own: tokenizer: …");
    }

    private static MediumInstructions? InstructionsFor(RunOptions options, string modality, InstructionSpec? spec) =>
        spec is null ? null : ReaderFor(spec, options.Model.Modalities[modality], nameof(ModalityOptions.InputProjector), "the instruction", "the projector");

    /// <summary>Opens the tokenizer of a part that reads texts beside the language model.</summary>
    private static MediumInstructions ReaderFor(InstructionSpec spec, object options, string property, string text, string reader)
    {
        if (spec.Tokenizer is null) throw OptionSource.Error(options, property, $"reads {text}, and there is no tokenizer for it", "name its folder or file: tokenizer: …");
        var tokenizer = TokenizerFile.Load(spec.Tokenizer);
        return tokenizer.VocabularySize <= spec.VocabularySize
            ? new MediumInstructions(tokenizer, spec.MaxTokens, spec.PaddingId)
            : throw OptionSource.Error(
                options, property, $"the tokenizer of {text} ({spec.Tokenizer}) has {tokenizer.VocabularySize} ids, {reader} {spec.VocabularySize} embeddings", $"name {reader}'s own: tokenizer: …");
    }
}
